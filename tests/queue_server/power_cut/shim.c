/* Writes down what a process does to the files below one folder, so that a test can cut the power afterwards.
 *
 * Preloaded, it stands before the C library's pwrite, write, ftruncate, fsync, fdatasync and unlink. For every call on a
 * file below $POWER_CUT_FOLDER it appends a record to $POWER_CUT_JOURNAL:
 *
 *     kind (1 byte: W write, T truncate, S synced, U unlinked), path length, offset, data length (8 bytes each,
 *     little-endian), path, data
 *
 * A write stands in the journal before it is made; S only after the sync has returned. One lock is held over call and
 * record, so that the journal's order is the order of the calls.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int journal = -1;
static const char *folder;

#define REAL(name, type) ((type)dlsym(RTLD_NEXT, #name))

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("POWER_CUT_JOURNAL");
    folder = getenv("POWER_CUT_FOLDER");
    if (path && folder)
        journal = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static int is_watched(const char *path)
{
    size_t length = strlen(folder);
    return strncmp(path, folder, length) == 0 && path[length] == '/';
}

static int path_of(int fd, char *path)
{
    char link[64];
    if (journal < 0 || fd == journal)
        return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    if (length <= 0)
        return 0;
    path[length] = 0;
    return is_watched(path);
}

static void record(char kind, const char *path, int64_t offset, const void *data, int64_t size)
{
    int64_t numbers[3] = {(int64_t)strlen(path), offset, size};
    struct iovec parts[4] = {
        {&kind, 1}, {numbers, sizeof numbers}, {(void *)path, (size_t)numbers[0]}, {(void *)data, (size_t)size}};
    /* A journal that cannot be written would make the test lie. */
    if (writev(journal, parts, 4) != 1 + (ssize_t)sizeof numbers + numbers[0] + size)
        abort();
}

static ssize_t put(int fd, const void *data, size_t size, int64_t offset, ssize_t (*call)(int, const void *, size_t, int64_t))
{
    char path[PATH_MAX];
    if (!path_of(fd, path))
        return call(fd, data, size, offset);
    pthread_mutex_lock(&lock);
    record('W', path, offset < 0 ? lseek(fd, 0, SEEK_CUR) : offset, data, (int64_t)size);
    ssize_t done = call(fd, data, size, offset);
    int error = errno;
    pthread_mutex_unlock(&lock);
    errno = error;
    return done;
}

static ssize_t real_pwrite(int fd, const void *data, size_t size, int64_t offset)
{
    return REAL(pwrite64, ssize_t (*)(int, const void *, size_t, off64_t))(fd, data, size, offset);
}

static ssize_t real_write(int fd, const void *data, size_t size, int64_t offset)
{
    (void)offset;
    return REAL(write, ssize_t (*)(int, const void *, size_t))(fd, data, size);
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t offset) { return put(fd, data, size, offset, real_pwrite); }
ssize_t pwrite(int fd, const void *data, size_t size, off_t offset) { return put(fd, data, size, offset, real_pwrite); }
ssize_t write(int fd, const void *data, size_t size) { return put(fd, data, size, -1, real_write); }

int ftruncate64(int fd, off64_t size)
{
    char path[PATH_MAX];
    int (*call)(int, off64_t) = REAL(ftruncate64, int (*)(int, off64_t));
    if (!path_of(fd, path))
        return call(fd, size);
    pthread_mutex_lock(&lock);
    record('T', path, size, "", 0);
    int done = call(fd, size);
    pthread_mutex_unlock(&lock);
    return done;
}

int ftruncate(int fd, off_t size) { return ftruncate64(fd, size); }

static int synced(int fd, int (*call)(int))
{
    char path[PATH_MAX];
    if (!path_of(fd, path))
        return call(fd);
    pthread_mutex_lock(&lock);
    int done = call(fd);
    if (done == 0)
        record('S', path, 0, "", 0);
    pthread_mutex_unlock(&lock);
    return done;
}

int fsync(int fd) { return synced(fd, REAL(fsync, int (*)(int))); }
int fdatasync(int fd) { return synced(fd, REAL(fdatasync, int (*)(int))); }

int unlink(const char *path)
{
    int (*call)(const char *) = REAL(unlink, int (*)(const char *));
    if (journal < 0 || !is_watched(path))
        return call(path);
    pthread_mutex_lock(&lock);
    int done = call(path);
    if (done == 0)
        record('U', path, 0, "", 0);
    pthread_mutex_unlock(&lock);
    return done;
}
