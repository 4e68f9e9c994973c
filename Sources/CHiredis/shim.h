#pragma once

#include <hiredis/read.h>

/// `errstr` is a char array inside the struct, which Swift imports as a tuple of 128 elements.
static inline const char *chiredis_reader_error(const redisReader *reader) {
    return reader->errstr;
}
