-- Whether the sender's program made sure of "by": 1, or NULL if it is a claim.
ALTER TABLE inbox ADD COLUMN verified INTEGER;
