-- Ten characters turn good prompts away, above all in Chinese and Japanese. The vendor wants one;
-- three that can be seen are enough to be meant.
UPDATE tiers
SET fields = JSON_REPLACE(fields, '$.text.prompt.minLength', 3, '$.image.prompt.minLength', 3);
