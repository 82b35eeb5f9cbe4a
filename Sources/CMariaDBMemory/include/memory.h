#pragma once
#include <stddef.h>

// Called by libmariadb in the place of ma_init_alloc_root; see memory.c.
void __wrap_ma_init_alloc_root(void *root, size_t part, size_t before);
