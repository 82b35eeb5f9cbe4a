// What a program that reads foreign files may still do.
#ifndef CONFINE_H
#define CONFINE_H

// Gives up, for this process and for ever, all that a decoder does not need: memory beyond 1 GiB,
// more than 15 s of a processor, files that are not open yet, and every system call but reading,
// writing, seeking, memory and ending. Returns 0, or -1 when the kernel does not let it; then no
// foreign byte may be read.
int confine(void);

#endif
