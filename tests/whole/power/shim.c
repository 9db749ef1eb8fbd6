/* Writes down, in order, what a family of processes does to the files of one folder.
 *
 * Loaded with LD_PRELOAD. POWER_ROOT is the folder, POWER_LOG the log (none: nothing is written
 * down), POWER_CONTROL a file of two numbers (struct control) that may be changed at any time:
 * how long an fsync takes, and which error everything that wants to write gets.
 *
 * Each change and its record are one step for all processes: a lock is held meanwhile. An fsync
 * is two records, because others write while it lasts; nothing is really synced, since nobody
 * really cuts the power. What is sent to a client and says "250 2.0.0" is a record too: from there
 * on the message must survive. What goes past these functions (a mapped file, sendfile) is not
 * seen; a test compares what the log says with what is really there.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { OPEN = 1, CREATE, WRITE, TRUNCATE, SYNC, SYNCED, LINK, UNLINK, RENAME, MKDIR, RMDIR, HEARD };

struct record { /* followed by the path(s), each of which ends with NUL, and the data */
    uint32_t kind, paths;
    uint64_t inode, offset, data;
};

struct control { volatile uint32_t fsync_microseconds, error; };

#define MOST 65536
static uint64_t inodes[MOST]; /* of the descriptors that belong to the folder; 0: another's */
static char root[PATH_MAX];
static size_t root_length;
static int log_to = -1, lock_on = -1;
static struct control *control;
static uint32_t syncs;
static pthread_mutex_t threads = PTHREAD_MUTEX_INITIALIZER;

static int high(int descriptor) { /* out of the way of programs that close what they do not know */
    int moved = descriptor < 0 ? -1 : fcntl(descriptor, F_DUPFD_CLOEXEC, 900);
    if (moved >= 0) syscall(SYS_close, descriptor);
    return moved;
}

static void turn(short type) { /* such a lock belongs to the process: it is not inherited */
    struct flock all = {.l_type = type, .l_whence = SEEK_SET};
    while (fcntl(lock_on, F_SETLKW, &all) < 0)
        if (errno != EINTR) abort();
}

static void enter(void) { pthread_mutex_lock(&threads); turn(F_WRLCK); }
static void leave(void) { int kept = errno; turn(F_UNLCK); pthread_mutex_unlock(&threads); errno = kept; }
static void before_fork(void) { pthread_mutex_lock(&threads); }
static void after_fork(void) { pthread_mutex_unlock(&threads); }

__attribute__((constructor)) static void begin(void) {
    const char *folder = getenv("POWER_ROOT"), *log = getenv("POWER_LOG"), *file = getenv("POWER_CONTROL");
    if (!folder || !file) return;
    int opened = high(syscall(SYS_openat, AT_FDCWD, file, O_RDWR | O_CLOEXEC, 0));
    if (opened < 0) abort();
    control = mmap(NULL, sizeof *control, PROT_READ, MAP_SHARED, opened, 0);
    if (control == MAP_FAILED) abort();
    lock_on = opened;
    if (log) {
        log_to = high(syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600));
        if (log_to < 0) abort();
    }
    pthread_atfork(before_fork, after_fork, after_fork);
    root_length = strlen(strcpy(root, folder));
}

static void note(uint32_t kind, uint64_t inode, uint64_t offset, const char *first, const char *second,
                 const struct iovec *data, int count, size_t octets) {
    if (log_to < 0) return;
    struct record head = {kind, 0, inode, offset, octets};
    struct iovec all[IOV_MAX];
    int at = 1;
    head.paths = (first ? strlen(first) + 1 : 0) + (second ? strlen(second) + 1 : 0);
    if (first) all[at++] = (struct iovec){(void *)first, strlen(first) + 1};
    if (second) all[at++] = (struct iovec){(void *)second, strlen(second) + 1};
    all[0] = (struct iovec){&head, sizeof head};
    size_t left = octets, wanted = sizeof head + head.paths + octets;
    for (int i = 0; i < count && left; i++) {
        size_t part = data[i].iov_len < left ? data[i].iov_len : left;
        if (at == IOV_MAX) abort();
        all[at++] = (struct iovec){data[i].iov_base, part};
        left -= part;
    }
    if (syscall(SYS_writev, log_to, all, at) != (long)wanted) abort();
}

/* Paths */

static int is_inside(const char *path) {
    size_t length = strlen(path);
    if (length >= 4 && !strcmp(path + length - 4, "-shm")) return 0; /* made anew by SQLite */
    return root_length && !strncmp(path, root, root_length) && (path[root_length] == '/' || !path[root_length]);
}

static int find(int folder, const char *path, char *whole) { /* whether it is ours, and its full name */
    if (!root_length) return 0;
    if (path[0] == '/') return snprintf(whole, PATH_MAX, "%s", path) < PATH_MAX && is_inside(whole);
    char name[64], base[PATH_MAX];
    if (folder == AT_FDCWD) strcpy(name, "/proc/self/cwd");
    else snprintf(name, sizeof name, "/proc/self/fd/%d", folder);
    ssize_t length = readlink(name, base, sizeof base - 1);
    if (length < 0) return 0;
    base[length] = 0;
    return snprintf(whole, PATH_MAX, "%s/%s", base, path) < PATH_MAX && is_inside(whole);
}

static const char *within(const char *whole) { return whole[root_length] ? whole + root_length + 1 : ""; }

static int refused(void) { /* with the error that was ordered, if one was */
    if (control && control->error) errno = control->error;
    return control && control->error;
}

static int do_open(int folder, const char *path, int flags, mode_t mode) {
    char whole[PATH_MAX] = "";
    int nameless = (flags & O_TMPFILE) == O_TMPFILE; /* is gone with the power in any case */
    if (!find(folder, path, whole) || nameless) {
        if (nameless && is_inside(whole) && refused()) return -1;
        int other = syscall(SYS_openat, folder, path, flags, mode);
        if (other >= 0 && other < MOST) inodes[other] = 0;
        return other;
    }
    if ((flags & (O_CREAT | O_TRUNC)) && refused()) return -1;
    enter();
    struct stat before, now;
    int was = !fstatat(AT_FDCWD, whole, &before, 0);
    int opened = syscall(SYS_openat, folder, path, flags, mode);
    if (opened >= 0 && (opened >= MOST || fstat(opened, &now))) abort();
    if (opened >= 0) {
        inodes[opened] = now.st_ino;
        note(was ? OPEN : CREATE, now.st_ino, 0, within(whole), NULL, NULL, 0, 0);
        if (was && (flags & O_TRUNC) && before.st_size) note(TRUNCATE, now.st_ino, 0, NULL, NULL, NULL, 0, 0);
    }
    leave();
    return opened;
}

#define MODE mode_t mode = 0; if (flags & (O_CREAT | O_TMPFILE)) { va_list more; va_start(more, flags); mode = va_arg(more, mode_t); va_end(more); }
int open(const char *path, int flags, ...) { MODE return do_open(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE return do_open(AT_FDCWD, path, flags, mode); }
int openat(int folder, const char *path, int flags, ...) { MODE return do_open(folder, path, flags, mode); }
int openat64(int folder, const char *path, int flags, ...) { MODE return do_open(folder, path, flags, mode); }
int creat(const char *path, mode_t mode) { return do_open(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode); }

int close(int descriptor) {
    if (descriptor >= 0 && descriptor < MOST) inodes[descriptor] = 0;
    return syscall(SYS_close, descriptor);
}

static int named(long (*act)(const char *, const char *), uint32_t kind, int from_folder, const char *from, int to_folder, const char *to) {
    char one[PATH_MAX], other[PATH_MAX];
    int ours = find(from_folder, from, one), theirs = to && find(to_folder, to, other);
    if (ours || theirs) {
        if (kind != UNLINK && kind != RMDIR && refused()) return -1;
        if (to && ours != theirs) abort(); /* into the folder, or out of it: not foreseen */
        enter();
    }
    int done = act(ours ? one : from, theirs ? other : to);
    if (ours) {
        if (!done) note(kind, 0, 0, within(one), to ? within(other) : NULL, NULL, 0, 0);
        leave();
    }
    return done;
}

static long do_rename(const char *a, const char *b) { return syscall(SYS_renameat2, AT_FDCWD, a, AT_FDCWD, b, 0); }
static long do_link(const char *a, const char *b) { return syscall(SYS_linkat, AT_FDCWD, a, AT_FDCWD, b, 0); }
static long do_unlink(const char *a, const char *b) { (void)b; return syscall(SYS_unlinkat, AT_FDCWD, a, 0); }
static long do_rmdir(const char *a, const char *b) { (void)b; return syscall(SYS_unlinkat, AT_FDCWD, a, AT_REMOVEDIR); }
static __thread mode_t folder_mode;
static long do_mkdir(const char *a, const char *b) { (void)b; return syscall(SYS_mkdirat, AT_FDCWD, a, folder_mode); }

int rename(const char *a, const char *b) { return named(do_rename, RENAME, AT_FDCWD, a, AT_FDCWD, b); }
int link(const char *a, const char *b) { return named(do_link, LINK, AT_FDCWD, a, AT_FDCWD, b); }
int unlink(const char *a) { return named(do_unlink, UNLINK, AT_FDCWD, a, AT_FDCWD, NULL); }
int rmdir(const char *a) { return named(do_rmdir, RMDIR, AT_FDCWD, a, AT_FDCWD, NULL); }
int mkdir(const char *a, mode_t mode) { folder_mode = mode; return named(do_mkdir, MKDIR, AT_FDCWD, a, AT_FDCWD, NULL); }
int renameat(int f, const char *a, int t, const char *b) {
    char whole[PATH_MAX];
    if (find(f, a, whole) || find(t, b, whole)) return named(do_rename, RENAME, f, a, t, b);
    return syscall(SYS_renameat2, f, a, t, b, 0);
}
int unlinkat(int f, const char *a, int flags) {
    char whole[PATH_MAX];
    if (!find(f, a, whole)) return syscall(SYS_unlinkat, f, a, flags);
    return flags & AT_REMOVEDIR ? named(do_rmdir, RMDIR, f, a, 0, NULL) : named(do_unlink, UNLINK, f, a, 0, NULL);
}
int linkat(int f, const char *a, int t, const char *b, int flags) {
    char whole[PATH_MAX];
    if (find(t, b, whole)) return flags ? (abort(), -1) : named(do_link, LINK, f, a, t, b);
    return syscall(SYS_linkat, f, a, t, b, flags);
}

/* Contents */

static int is_ours(int descriptor) { return descriptor >= 0 && descriptor < MOST && inodes[descriptor]; }

static void hear(const struct iovec *data, int count) { /* what a client is about to be told */
    static const char good[] = "250 2.0.0 ";
    if (root_length && count && data->iov_len >= sizeof good - 1 && !memcmp(data->iov_base, good, sizeof good - 1)) {
        enter();
        note(HEARD, 0, 0, NULL, NULL, data, 1, data->iov_len);
        leave();
    }
}

static ssize_t put(int descriptor, const struct iovec *data, int count, off_t offset) {
    if (!is_ours(descriptor)) {
        hear(data, count);
        if (offset >= 0) return syscall(SYS_pwritev, descriptor, data, count, offset, 0L);
        return syscall(SYS_writev, descriptor, data, count);
    }
    if (refused()) return -1;
    enter();
    struct stat now;
    off_t at = offset;
    if (fstat(descriptor, &now)) abort();
    if (fcntl(descriptor, F_GETFL) & O_APPEND) at = now.st_size;
    else if (at < 0) at = lseek(descriptor, 0, SEEK_CUR);
    ssize_t done = offset >= 0 ? syscall(SYS_pwritev, descriptor, data, count, offset, 0L)
                               : syscall(SYS_writev, descriptor, data, count);
    if (done > 0) note(WRITE, inodes[descriptor], at, NULL, NULL, data, count, done);
    leave();
    return done;
}

#define ONE(data, octets) (struct iovec[1]){{(void *)(data), (octets)}}, 1
ssize_t write(int d, const void *data, size_t n) { return put(d, ONE(data, n), -1); }
ssize_t pwrite(int d, const void *data, size_t n, off_t at) { return put(d, ONE(data, n), at); }
ssize_t pwrite64(int d, const void *data, size_t n, off_t at) { return put(d, ONE(data, n), at); }
ssize_t writev(int d, const struct iovec *data, int n) { return put(d, data, n, -1); }
ssize_t pwritev(int d, const struct iovec *data, int n, off_t at) { return put(d, data, n, at); }
ssize_t pwritev64(int d, const struct iovec *data, int n, off_t at) { return put(d, data, n, at); }
ssize_t send(int d, const void *data, size_t n, int flags) {
    hear(ONE(data, n));
    return syscall(SYS_sendto, d, data, n, flags, NULL, 0);
}

static int cut(int descriptor, off_t size) {
    if (!is_ours(descriptor)) return syscall(SYS_ftruncate, descriptor, size);
    if (refused()) return -1;
    enter();
    int done = syscall(SYS_ftruncate, descriptor, size);
    if (!done) note(TRUNCATE, inodes[descriptor], size, NULL, NULL, NULL, 0, 0);
    leave();
    return done;
}
int ftruncate(int d, off_t size) { return cut(d, size); }
int ftruncate64(int d, off_t size) { return cut(d, size); }

static int lengthen(int descriptor, off_t at, off_t octets) { /* 0 or an error, as posix_fallocate */
    struct stat now;
    if (is_ours(descriptor) && refused()) return errno;
    if (fstat(descriptor, &now)) return errno;
    if (is_ours(descriptor)) return now.st_size < at + octets && cut(descriptor, at + octets) ? errno : 0;
    return syscall(SYS_fallocate, descriptor, 0, at, octets) ? errno : 0;
}
int posix_fallocate(int d, off_t at, off_t n) { return lengthen(d, at, n); }
int posix_fallocate64(int d, off_t at, off_t n) { return lengthen(d, at, n); }

#define SLICE 5000 /* microseconds */
static int settle(int descriptor, long number) {
    if (!is_ours(descriptor)) return syscall(number, descriptor);
    uint64_t inode = inodes[descriptor];
    enter();
    uint64_t which = ((uint64_t)getpid() << 32) | ++syncs;
    note(SYNC, inode, which, NULL, NULL, NULL, 0, 0);
    leave();
    for (uint32_t slept = 0, left; slept < control->fsync_microseconds; slept += left) {
        left = control->fsync_microseconds - slept; /* looked at again: it may get shorter */
        usleep(left = left < SLICE ? left : SLICE);
    }
    enter();
    note(SYNCED, inode, which, NULL, NULL, NULL, 0, 0);
    leave();
    return 0;
}
int fsync(int d) { return settle(d, SYS_fsync); }
int fdatasync(int d) { return settle(d, SYS_fdatasync); }
