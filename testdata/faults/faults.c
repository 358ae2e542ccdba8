/*
 * Preloaded before aclc, it makes calls of the C library fail. FAULT says which:
 *
 *	CALL:FIRST:EVERY:WHAT
 *
 * The FIRST call of that name from 1 (0: none), and EVERY so many after it (0: no
 * more). WHAT is the number that errno gets; or "short": no more than three bytes
 * are read or written; or "grow", "shrink", "vanish": the file that FAULT_FILE
 * names does so just before the call. malloc stands for calloc, realloc and
 * aligned_alloc too.
 *
 * At the end, the file that FAULT_TOLD names gets how many calls of that name there
 * were, how many pieces of memory had not been given back, and how many kilobytes
 * were in use at the most (0 where that cannot be known).
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static struct {
	bool started;
	char call[16], what[16];
	unsigned long first, every, calls;
	long live;
} fault;

static void
fault_start(void)
{
	const char *wanted = getenv("FAULT");

	fault.started = true;
	if (wanted)
		sscanf(wanted, "%15[^:]:%lu:%lu:%15s", fault.call, &fault.first,
		       &fault.every, fault.what);
}

/* Whether this call is one that goes wrong. */
static bool
goes_wrong(const char *call)
{
	if (!fault.started)
		fault_start();
	if (strcmp(call, fault.call) != 0)
		return false;
	unsigned long n = ++fault.calls;
	if (fault.first == 0 || n < fault.first)
		return false;
	return n == fault.first ||
	       (fault.every > 0 && (n - fault.first) % fault.every == 0);
}

/* What happens to the file; else errno is set, and the call is to fail. */
static bool
goes_on(void)
{
	static const char more[] = "// grown\n";
	const char *file = getenv("FAULT_FILE");

	if (strcmp(fault.what, "short") == 0)
		return true;
	if (file && strcmp(fault.what, "vanish") == 0)
		return unlink(file) == 0 || true;
	if (file && strcmp(fault.what, "shrink") == 0)
		return truncate(file, 10) == 0 || true;
	if (file && strcmp(fault.what, "grow") == 0) {
		FILE *stream = fopen(file, "a");
		if (stream) {
			fputs(more, stream);
			fclose(stream);
		}
		return true;
	}
	errno = atoi(fault.what);
	return false;
}

/* The C library's own, which this file stands before. */
#define REAL(type, name, ...)                                                            \
	static type (*real)(__VA_ARGS__);                                                \
	if (!real)                                                                       \
	*(void **)&real = dlsym(RTLD_NEXT, #name)

/* A call that fails with -1. */
#define FAILING(name, parameters, arguments)                                             \
	int name parameters                                                              \
	{                                                                                \
		REAL_OF(name, parameters);                                               \
		if (goes_wrong(#name) && !goes_on())                                     \
			return -1;                                                       \
		return real arguments;                                                   \
	}
#define REAL_OF(name, parameters)                                                        \
	static int(*real) parameters;                                                    \
	if (!real)                                                                       \
	*(void **)&real = dlsym(RTLD_NEXT, #name)

FAILING(close, (int fd), (fd))
FAILING(fsync, (int fd), (fd))
FAILING(rename, (const char *old, const char *new), (old, new))
FAILING(fstat, (int fd, struct stat *about), (fd, about))
FAILING(stat, (const char *path, struct stat *about), (path, about))
FAILING(fchmod, (int fd, mode_t mode), (fd, mode))
FAILING(fchown, (int fd, uid_t user, gid_t group), (fd, user, group))
FAILING(mkstemp, (char *path), (path))
FAILING(pipe, (int ends[2]), (ends))
FAILING(fork, (void), ())

int
open(const char *path, int flags, ...)
{
	REAL(int, open, const char *, int, ...);
	va_list rest;

	va_start(rest, flags);
	mode_t mode = flags & O_CREAT ? va_arg(rest, mode_t) : 0;
	va_end(rest);
	if (goes_wrong("open") && !goes_on())
		return -1;
	return real(path, flags, mode);
}

static size_t
shortened(size_t size)
{
	return strcmp(fault.what, "short") == 0 && size > 3 ? 3 : size;
}

ssize_t
read(int fd, void *bytes, size_t size)
{
	REAL(ssize_t, read, int, void *, size_t);

	if (goes_wrong("read")) {
		if (!goes_on())
			return -1;
		size = shortened(size);
	}
	return real(fd, bytes, size);
}

ssize_t
write(int fd, const void *bytes, size_t size)
{
	REAL(ssize_t, write, int, const void *, size_t);

	if (goes_wrong("write")) {
		if (!goes_on())
			return -1;
		size = shortened(size);
	}
	return real(fd, bytes, size);
}

/* glibc's dlsym asks for memory, so it cannot be asked where memory comes from. */
#ifdef __GLIBC__
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void __libc_free(void *);
#else
#define OF_LIBC(type, name, ...) (*(type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, name))
#define __libc_malloc OF_LIBC(void *, "malloc", size_t)
#define __libc_calloc OF_LIBC(void *, "calloc", size_t, size_t)
#define __libc_memalign OF_LIBC(void *, "aligned_alloc", size_t, size_t)
#define __libc_realloc OF_LIBC(void *, "realloc", void *, size_t)
#define __libc_free OF_LIBC(void, "free", void *)
#endif

static void *
counted(void *piece)
{
	fault.live += piece != NULL;
	return piece;
}

void *
malloc(size_t size)
{
	if (goes_wrong("malloc") && !goes_on())
		return NULL;
	return counted(__libc_malloc(size));
}

void *
calloc(size_t n, size_t size)
{
	if (goes_wrong("malloc") && !goes_on())
		return NULL;
	return counted(__libc_calloc(n, size));
}

void *
aligned_alloc(size_t boundary, size_t size)
{
	if (goes_wrong("malloc") && !goes_on())
		return NULL;
	return counted(__libc_memalign(boundary, size));
}

void *
realloc(void *piece, size_t size)
{
	if (goes_wrong("malloc") && !goes_on())
		return NULL;
	return piece ? __libc_realloc(piece, size) : counted(__libc_malloc(size));
}

void
free(void *piece)
{
	fault.live -= piece != NULL;
	__libc_free(piece);
}

/* What the kernel says of this program: its own memory, not that of who began it. */
static unsigned long
most(void)
{
	char line[256];
	unsigned long kilobytes = 0;
	FILE *status = fopen("/proc/self/status", "r");

	while (status && fgets(line, sizeof(line), status))
		if (strncmp(line, "VmHWM:", 6) == 0)
			kilobytes = strtoul(line + 6, NULL, 10);
	if (status)
		fclose(status);
	return kilobytes;
}

__attribute__((destructor)) static void
tell(void)
{
	const char *told = getenv("FAULT_TOLD");
	char line[64];
	unsigned long calls = fault.calls;
	long live = fault.live;

	if (!told)
		return;
	fault.call[0] = '\0'; /* from here on all goes well */
	int fd = open(told, O_WRONLY | O_CREAT | O_TRUNC, 0666);
	int n = snprintf(line, sizeof(line), "%lu %ld %lu\n", calls, live, most());
	if (write(fd, line, (size_t)n) == n)
		close(fd);
}
