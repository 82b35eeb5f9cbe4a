-- Whether the available balance is below the threshold and the user knows it: told once for each
-- time that it falls below, and again only after it was above. A new wallet is low without a word.
ALTER TABLE wallets ADD COLUMN is_low BOOLEAN NOT NULL DEFAULT TRUE;
