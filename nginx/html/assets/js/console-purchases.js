// Every purchase, newest first.
import { forOperator, list } from "./parts/console.js";
import { purchaseColumns } from "./parts/records.js";

forOperator(() => list({ path: "/api/admin/purchases", columns: purchaseColumns }));
