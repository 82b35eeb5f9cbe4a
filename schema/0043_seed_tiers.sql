-- The four models of the first price list, with the fields that the vendor takes in each mode.
-- The vendor wants a prompt of one character; three that can be seen are enough to be meant, above
-- all in Chinese and Japanese.
INSERT INTO tiers
    (catalog_version, id, position, name, model, vendor_path, cost_per_second_micros,
     price_per_second_micros, durations, features, fields, is_popular, is_enabled)
VALUES
    (1, 'economy', 1, 'Economy', 'Kling 1.6', 'kling-ai/kling-v1-6', 70000, 200000, '[5, 10]',
     '["Budget-friendly", "Lifelike movements", "Text & image input", "Good quality"]',
     '{
        "text": {
            "prompt": {"type": "string", "required": true, "minLength": 3, "maxLength": 1000},
            "negativePrompt": {"type": "string", "required": false, "maxLength": 500},
            "aspectRatio": {"type": "string", "required": false, "enum": ["16:9", "9:16", "1:1"], "default": "16:9"},
            "strength": {"type": "integer", "required": false, "minimum": 0, "maximum": 100, "default": "50"}},
        "image": {
            "image": {"type": "string", "required": true, "maxLength": 2000, "format": "uri"},
            "imageTail": {"type": "string", "required": false, "maxLength": 2000, "format": "uri"},
            "prompt": {"type": "string", "required": true, "minLength": 3, "maxLength": 1000},
            "negativePrompt": {"type": "string", "required": false, "maxLength": 500},
            "mode": {"type": "string", "required": false, "enum": ["std", "pro"], "default": "std"},
            "strength": {"type": "integer", "required": false, "minimum": 0, "maximum": 100, "default": "50"}}}',
     FALSE, TRUE),
    (1, 'basic', 2, 'Basic', 'Pollo 1.6', 'pollo/pollo-v1-6', 100000, 310000, '[5, 10]',
     '["Text-to-video", "Image-to-video", "Fast generation"]',
     '{
        "text": {
            "prompt": {"type": "string", "required": true, "minLength": 3, "maxLength": 1000},
            "aspectRatio": {"type": "string", "required": false, "enum": ["16:9", "9:16", "4:3", "3:4", "1:1"], "default": "16:9"},
            "resolution": {"type": "string", "required": false, "enum": ["480p", "720p", "1080p"], "default": "480p", "alwaysSent": true},
            "mode": {"type": "string", "required": false, "enum": ["basic", "pro"], "default": "basic"},
            "seed": {"type": "integer", "required": false, "minimum": 0, "maximum": 2147483647}},
        "image": {
            "image": {"type": "string", "required": true, "maxLength": 2000, "format": "uri"},
            "imageTail": {"type": "string", "required": false, "maxLength": 2000, "format": "uri"},
            "prompt": {"type": "string", "required": true, "minLength": 3, "maxLength": 1000},
            "resolution": {"type": "string", "required": false, "enum": ["480p", "720p", "1080p"], "default": "480p", "alwaysSent": true},
            "mode": {"type": "string", "required": false, "enum": ["basic", "pro"], "default": "basic"},
            "seed": {"type": "integer", "required": false, "minimum": 0, "maximum": 2147483647}}}',
     FALSE, TRUE),
    (1, 'pro', 3, 'Pro', 'Kling 2.5 Turbo', 'kling-ai/kling-v2-5-turbo', 120000, 372000, '[5, 10]',
     '["Director-level cinematics", "Enhanced motion", "Pro camera control"]',
     '{
        "text": {
            "prompt": {"type": "string", "required": true, "minLength": 3, "maxLength": 1000},
            "negativePrompt": {"type": "string", "required": false, "maxLength": 500},
            "aspectRatio": {"type": "string", "required": false, "enum": ["16:9", "9:16", "1:1"], "default": "16:9"},
            "strength": {"type": "integer", "required": false, "minimum": 0, "maximum": 100, "default": "50"}},
        "image": {
            "image": {"type": "string", "required": true, "maxLength": 2000, "format": "uri"},
            "imageTail": {"type": "string", "required": false, "maxLength": 2000, "format": "uri"},
            "prompt": {"type": "string", "required": true, "minLength": 3, "maxLength": 1000},
            "negativePrompt": {"type": "string", "required": false, "maxLength": 500},
            "mode": {"type": "string", "required": false, "enum": ["std", "pro"], "default": "std"},
            "strength": {"type": "integer", "required": false, "minimum": 0, "maximum": 100, "default": "50"}}}',
     TRUE, TRUE),
    (1, 'premium', 4, 'Premium', 'Runway Gen-4 Turbo', 'runway/runway-gen-4-turbo', 300000, 930000, '[5, 10]',
     '["Hollywood quality", "Ultra-realistic", "Maximum detail"]',
     '{
        "text": null,
        "image": {
            "image": {"type": "string", "required": true, "maxLength": 2000, "format": "uri"},
            "prompt": {"type": "string", "required": true, "minLength": 3, "maxLength": 1000},
            "aspectRatio": {"type": "string", "required": false, "enum": ["16:9", "9:16", "1:1", "4:3", "3:4", "21:9"], "default": "16:9"},
            "seed": {"type": "integer", "required": false, "minimum": 0, "maximum": 2147483647}}}',
     FALSE, TRUE);
