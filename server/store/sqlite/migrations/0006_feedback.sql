-- What came with the public half of a key alone names no source any more: a
-- score that has one was written with the whole key.
UPDATE scores SET source = NULL WHERE source = 'API' AND instr(metadata, '"langshark.feedback":true') > 0;
