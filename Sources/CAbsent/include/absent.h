#pragma once
// Nothing is called by name: the functions of absent.c are for the linker alone.
