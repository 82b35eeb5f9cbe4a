#pragma once
#include <malloc.h>
#include <poll.h>
#include <pthread.h>
#include <spawn.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

// Swift's Glibc module is built without _GNU_SOURCE, so the functions of GNU alone are not in it.
// Their declarations are repeated here from the manual pages named.

// accept4(2)
int accept4(int socket, struct sockaddr *address, socklen_t *length, int flags);
// pipe(2)
int pipe2(int descriptors[2], int flags);
// mkstemp(3)
int mkostemp(char *name, int flags);
// poll(2)
int ppoll(struct pollfd *descriptors, nfds_t count, const struct timespec *timeout,
          const sigset_t *signals);
// pthread_setname_np(3)
int pthread_setname_np(pthread_t thread, const char *name);
// posix_spawn_file_actions_addclosefrom_np, glibc 2.34
int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);
// posix_spawn_file_actions_addchdir_np, glibc 2.29
int posix_spawn_file_actions_addchdir_np(posix_spawn_file_actions_t *actions, const char *path);
