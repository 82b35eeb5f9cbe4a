-- What signs the webhooks that an order names itself (`webhookUrl`); made at the first use.
ALTER TABLE users ADD COLUMN webhook_secret BINARY(32) NULL;
