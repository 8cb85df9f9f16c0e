/* What a power loss leaves of files: only bytes as of their last fsync.

   Loaded into a process with LD_PRELOAD. At each fsync or fdatasync of a file in the folder POWER_LOSS_WATCHED its bytes
   are copied into the folder POWER_LOSS_SHADOW, as of that moment, and a byte is added to the file `fsyncs` there.
   Bytes that were written and never synchronised are in no copy, as on a disk that lost its power. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;

static void fail(const char *what) {
    perror(what);
    abort(); /* a copy that is not what it should be would prove nothing */
}

static void joined(char *out, const char *first, const char *second) {
    int length = snprintf(out, PATH_MAX, "%s%s", first, second);
    if (length < 0 || length >= PATH_MAX) fail("power_loss: a path is too long");
}

static void copy(int from, const char *to) {
    static char bytes[1 << 16];
    char part[PATH_MAX];
    off_t at = 0;
    ssize_t count;
    joined(part, to, ".part");
    int out = open(part, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (out < 0) fail("power_loss: open");
    while ((count = pread(from, bytes, sizeof bytes, at)) > 0) {
        if (write(out, bytes, count) != count) fail("power_loss: write");
        at += count;
    }
    if (count < 0) fail("power_loss: read");
    if (close(out) || rename(part, to)) fail("power_loss: rename");
}

static void count_one(const char *shadow) {
    char path[PATH_MAX];
    joined(path, shadow, "/fsyncs");
    int out = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (out < 0 || write(out, ".", 1) != 1 || close(out)) fail("power_loss: count");
}

static void synchronised(int file) {
    const char *watched = getenv("POWER_LOSS_WATCHED"), *shadow = getenv("POWER_LOSS_SHADOW");
    char link[64], path[PATH_MAX], to[PATH_MAX];
    if (!watched || !shadow) return;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return;
    path[length] = 0;
    size_t prefix = strlen(watched);
    /* Folders are synchronised too, which is not counted: only files have bytes to lose. */
    if (strncmp(path, watched, prefix) || path[prefix] != '/' || strchr(path + prefix + 1, '/')) return;
    pthread_mutex_lock(&one_at_a_time);
    joined(to, shadow, path + prefix);
    copy(file, to); /* by the caller's own descriptor: closing another one would end the locks of the process */
    count_one(shadow);
    pthread_mutex_unlock(&one_at_a_time);
}

int fsync(int file) {
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
    int result = real(file);
    if (result == 0) synchronised(file);
    return result;
}

int fdatasync(int file) {
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
    int result = real(file);
    if (result == 0) synchronised(file);
    return result;
}
