// What libfcgi can do at most: one small answer, in the model of Sources/FastCGI (one epoll set
// over the listening socket and the kept connections, a few threads, one FCGX_Request for each
// connection). Tests/Benchmarks/callgrind.py measures our server against it.
//
//     gcc -O2 -o hello hello.c -lfcgi -lpthread && ./hello SOCKET [THREADS]

#define _GNU_SOURCE
#include <errno.h>
#include <fcgiapp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

static int listener, poller;

static void check(int is_good, const char *what)
{
    if (!is_good) {
        perror(what);
        exit(1);
    }
}

static void watch(int operation, int descriptor, uint32_t interest, void *datum)
{
    struct epoll_event event = {.events = interest, .data.ptr = datum};
    check(epoll_ctl(poller, operation, descriptor, &event) == 0, "epoll_ctl");
}

static const uint32_t interest = EPOLLIN | EPOLLRDHUP | EPOLLONESHOT;

static void accept_one(void)
{
    int descriptor = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (descriptor < 0)
        return;
    struct timeval timeout = {.tv_sec = 10};
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
    FCGX_Request *request = malloc(sizeof *request);
    check(request != NULL, "malloc");
    FCGX_InitRequest(request, -1, 0);
    request->ipcFd = descriptor;
    request->keepConnection = 1;
    watch(EPOLL_CTL_ADD, descriptor, interest, request);
}

static const char *parameter(FCGX_Request *request, const char *name)
{
    const char *value = FCGX_GetParam(name, request->envp);
    return value ? value : "";
}

// Reads the same four parameters as our server does for every request, and routes by two of them.
static void answer(FCGX_Request *request)
{
    static const char hello[] = "{\"status\":\"live\"}";
    const char *method = parameter(request, "REQUEST_METHOD");
    const char *path = parameter(request, "DOCUMENT_URI");
    const char *query = parameter(request, "QUERY_STRING");
    const char *id = parameter(request, "REQUEST_ID");
    int is_found = strcmp(method, "GET") == 0 && strcmp(path, "/api/health/live") == 0
        && *query == '\0';
    const char *body = is_found ? hello : "";

    char buffer[1024];
    int length = snprintf(
        buffer, sizeof buffer,
        "Status: %s\r\nX-Request-Id: %.64s\r\nContent-Type: application/json\r\n"
        "Content-Length: %zu\r\n\r\n%s",
        is_found ? "200 OK" : "404 Not Found", id, strlen(body), body);
    FCGX_PutStr(buffer, length, request->out);
}

static void *work(void *unused)
{
    (void)unused;
    for (;;) {
        struct epoll_event event;
        if (epoll_wait(poller, &event, 1, -1) != 1)
            continue;
        FCGX_Request *request = event.data.ptr;
        if (request == NULL) {
            accept_one();
            continue;
        }
        if (FCGX_Accept_r(request) != 0) {
            free(request);
            continue;
        }
        answer(request);
        char rest[8192];
        while (FCGX_GetStr(rest, sizeof rest, request->in) == (int)sizeof rest)
            ;
        FCGX_Finish_r(request);
        if (request->ipcFd < 0)
            free(request);
        else
            watch(EPOLL_CTL_MOD, request->ipcFd, interest, request);
    }
    return NULL;
}

int main(int count, char **arguments)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (count < 2 || strlen(arguments[1]) >= sizeof address.sun_path) {
        fprintf(stderr, "usage: hello SOCKET [THREADS]\n");
        return 2;
    }
    strcpy(address.sun_path, arguments[1]);
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    check(FCGX_Init() == 0, "FCGX_Init");
    signal(SIGPIPE, SIG_IGN);

    listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    check(listener >= 0, "socket");
    unlink(address.sun_path);
    check(bind(listener, (struct sockaddr *)&address, sizeof address) == 0, "bind");
    check(chmod(address.sun_path, 0660) == 0 && listen(listener, 511) == 0, "listen");
    poller = epoll_create1(EPOLL_CLOEXEC);
    check(poller >= 0, "epoll_create1");
    watch(EPOLL_CTL_ADD, listener, EPOLLIN | EPOLLEXCLUSIVE, NULL);

    int threads = count > 2 ? atoi(arguments[2]) : 4;
    for (int i = 0; i < threads; i++) {
        pthread_t thread;
        check(pthread_create(&thread, NULL, work, NULL) == 0, "pthread_create");
    }
    int number;
    sigwait(&signals, &number);
    _exit(0);
}
