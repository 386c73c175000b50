/* Stands between a process and its disk: while the file named by FAILING_DISK is there, nothing is written to regular files,
 * as on a file system that turned read-only after an error. The file's content is the errno. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static int fails(int fd) {
    const char *flag = getenv("FAILING_DISK");
    struct stat of_flag, of_fd;
    if (!flag || stat(flag, &of_flag) != 0 || fstat(fd, &of_fd) != 0 || !S_ISREG(of_fd.st_mode)) return 0;
    errno = of_flag.st_size == 0 ? EROFS : EIO;
    return 1;
}

#define REAL(type, name) ((type)dlsym(RTLD_NEXT, name))

ssize_t write(int fd, const void *bytes, size_t n) {
    return fails(fd) ? -1 : REAL(ssize_t (*)(int, const void *, size_t), "write")(fd, bytes, n);
}
ssize_t pwrite(int fd, const void *bytes, size_t n, off_t at) {
    return fails(fd) ? -1 : REAL(ssize_t (*)(int, const void *, size_t, off_t), "pwrite")(fd, bytes, n, at);
}
ssize_t pwrite64(int fd, const void *bytes, size_t n, off64_t at) {
    return fails(fd) ? -1 : REAL(ssize_t (*)(int, const void *, size_t, off64_t), "pwrite64")(fd, bytes, n, at);
}
int fdatasync(int fd) { return fails(fd) ? -1 : REAL(int (*)(int), "fdatasync")(fd); }
int fsync(int fd) { return fails(fd) ? -1 : REAL(int (*)(int), "fsync")(fd); }
int ftruncate64(int fd, off64_t n) { return fails(fd) ? -1 : REAL(int (*)(int, off64_t), "ftruncate64")(fd, n); }
int ftruncate(int fd, off_t n) { return fails(fd) ? -1 : REAL(int (*)(int, off_t), "ftruncate")(fd, n); }
