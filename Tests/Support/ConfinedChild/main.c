// confined-child ACT: confines itself as rushes-probe does, then does what no decoder may. Writes
// `done`, or the name of the error; a limit may end it before.
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../../../Sources/RushesProbe/confine.c"

static const long page = 4096;

// Whether there is so much memory. A compiler leaves out what nobody looks at.
static int has_memory(size_t bytes) {
    void *volatile place = malloc(bytes);
    return place != NULL;
}

// Whether it could be done; if not, errno says why.
static int act(const char *name, const char *own_path) {
    if (!strcmp(name, "nothing")) return 1;
    if (!strcmp(name, "memory")) return has_memory((size_t)1 << 30);
    if (!strcmp(name, "some-memory")) return has_memory((size_t)700 << 20);
    if (!strcmp(name, "open")) return open("/dev/null", O_RDONLY) >= 0;
    if (!strcmp(name, "descriptor")) return dup(0) >= 0;
    if (!strcmp(name, "socket")) return socket(AF_INET, SOCK_STREAM, 0) >= 0;
    if (!strcmp(name, "fork")) return fork() >= 0;
    if (!strcmp(name, "kill")) return kill(getppid(), 0) == 0;
    if (!strcmp(name, "limits")) return setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0}) == 0;
    if (!strcmp(name, "unlink")) return unlink("/nowhere") == 0;
    if (!strcmp(name, "program"))
        return execl(own_path, own_path, "nothing", (char *)NULL) == 0;
    if (!strcmp(name, "code")) {
        return mmap(NULL, page, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
               MAP_FAILED;
    }
    if (!strcmp(name, "later-code")) {
        void *place = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        return mprotect(place, page, PROT_READ | PROT_EXEC) == 0;
    }
    for (;;) {
    }
}

int main(int count, char **arguments) {
    if (count != 2) return 2;
    if (confine() != 0) return 3;
    const char *words = act(arguments[1], arguments[0]) ? "done" : strerrorname_np(errno);
    return write(STDOUT_FILENO, words, strlen(words)) < 0;
}
