-- What is known of a user beyond name, language and e-mail address: JSON, which the core alone looks into. Absent where nothing is.
ALTER TABLE users ADD COLUMN attributes_document TEXT;
