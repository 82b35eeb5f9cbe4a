// The prices read without this; it works the calculator.
import { workCalculator } from "./parts/calculator.js";
import "./site.js";

await workCalculator();
