-- Write down what an operator is about to do, or how it ended.
--
-- KEYS[1]  the log, a stream             KEYS[2]  its head
-- ARGV     names and values of the entry's fields, in turn
--
-- Returns the entry's number. Not safe to repeat: a repetition is a second entry, which harms nothing.
return admin_log_add(KEYS[1], KEYS[2], ARGV)
