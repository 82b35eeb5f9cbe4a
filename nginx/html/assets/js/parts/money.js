// Amounts of dollars: as people read them, and as whole cents for sums.

const dollars = new Intl.NumberFormat("en-US", { style: "currency", currency: "USD" });

/** @param {number} amount dollars */
export const money = (amount) => dollars.format(amount);
/** @param {number} amount dollars */
export const signedMoney = (amount) => (amount < 0 ? `−${money(-amount)}` : `+${money(amount)}`);
/** Dollars as whole cents, so that sums are exact. @param {number} amount */
export const cents = (amount) => Math.round(amount * 100);
