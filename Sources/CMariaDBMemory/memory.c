// What libmariadb sets aside before it knows what for.
//
// Each prepared statement has three places for what belongs to it, and 8 kB are taken for them when it
// is made: megabytes, with dozens of statements on each of sixteen threads. The linker puts this
// function before the library's own (--wrap, in Package.swift): nothing is set aside, and what is
// needed is taken when it is, in smaller parts.
#include "memory.h"

// The function of the library.
void __real_ma_init_alloc_root(void *root, size_t part, size_t before);

void __wrap_ma_init_alloc_root(void *root, size_t part, size_t before) {
    (void)before;
    // What belongs to a statement: its description, its columns, its rows.
    if (part == 2048) part = 512;
    if (part == 4096) part = 1024;
    __real_ma_init_alloc_root(root, part, 0);
}
