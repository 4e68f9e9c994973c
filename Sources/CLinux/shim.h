#include <malloc.h>
#include <sys/prctl.h>

// prctl takes any number of arguments, which Swift cannot call.
static inline int clinux_set_dumpable(int is_dumpable) { return prctl(PR_SET_DUMPABLE, is_dumpable, 0, 0, 0); }

// Of glibc: Swift's own module of it leaves the allocator's header out.
static inline void clinux_trim_heap(void) { malloc_trim(0); }
