#include "cli/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/signals.h"

/* What is asked for at a time where the size is not known. */
#define PIECE ((size_t)64 << 10)

/* Opens for reading; what is already open is "-". */
static int
open_input(const char *path)
{
	int fd;

	if (strcmp(path, "-") == 0)
		return STDIN_FILENO;
	do
		fd = open(path, O_RDONLY | O_CLOEXEC);
	while (fd < 0 && errno == EINTR);
	return fd;
}

/* How much to make room for: what the file is said to hold, and one byte more
 * to see its end without another round. */
static bool
size_expected(int fd, size_t *size)
{
	struct stat about;

	if (fstat(fd, &about) != 0)
		return false;
	if (S_ISDIR(about.st_mode)) {
		errno = EISDIR;
		return false;
	}
	if (about.st_size > (off_t)SOURCE_MAX) {
		errno = EFBIG;
		return false;
	}
	*size = about.st_size > 0 ? (size_t)about.st_size + 1 : PIECE;
	return true;
}

/* Twice the room for the n bytes there are. */
static char *
widen(struct arena *arena, const char *bytes, size_t n, size_t *cap)
{
	char *wider = arena_bytes(arena, *cap *= 2);

	return memcpy(wider, bytes, n);
}

bool
descriptor_read(struct arena *arena, int fd, struct text *bytes)
{
	size_t n = 0, cap;

	if (!size_expected(fd, &cap))
		return false;
	char *buffer = arena_bytes(arena, cap);
	for (;;) {
		if (n == cap)
			buffer = widen(arena, buffer, n, &cap);
		ssize_t more = read(fd, buffer + n, cap - n);
		if (more < 0 && errno == EINTR)
			continue;
		if (more < 0)
			return false;
		if (more == 0)
			break;
		n += (size_t)more;
		if (n > SOURCE_MAX) {
			errno = EFBIG;
			return false;
		}
	}
	*bytes = (struct text) { buffer, n };
	return true;
}

bool
file_read(struct arena *arena, const char *path, struct text *bytes)
{
	int fd = open_input(path);

	if (fd < 0)
		return false;
	bool fine = descriptor_read(arena, fd, bytes);
	int why = errno;
	if (fd != STDIN_FILENO)
		close(fd);
	errno = why;
	return fine;
}

/* A file being replaced. */
struct replacement {
	struct arena arena;
	const char *path; /* where the links lead */
	char *temp;       /* beside it; NULL: it is written in place */
	int fd;
};

/* The folder part of a path, its slash included. */
static size_t
folder_length(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? (size_t)(slash - path) + 1 : 0;
}

/* Where a link leads that leads to nothing yet. */
static const char *
link_follow(struct arena *arena, const char *path)
{
	char target[4096];
	ssize_t n = readlink(path, target, sizeof(target));

	if (n <= 0 || (size_t)n >= sizeof(target))
		return NULL;
	if (target[0] == '/')
		return arena_copy(arena, target, (size_t)n);
	return arena_format(arena, "%.*s%.*s", (int)folder_length(path), path, (int)n,
	                    target);
}

/* The file itself, the links to it followed. */
static const char *
links_follow(struct arena *arena, const char *path)
{
	const char *next;

	for (int i = 0; i < 40; i++, path = next)
		if ((next = link_follow(arena, path)) == NULL)
			return path;
	return path;
}

/* Gives the new file the old one's mode and, where that is allowed, owner; a
 * new one gets what open would give it. */
static bool
mode_keep(int fd, const struct stat *old)
{
	mode_t mask;

	if (!old) {
		mask = umask(0);
		umask(mask);
		return fchmod(fd, 0666 & ~mask) == 0;
	}
	if (fchown(fd, old->st_uid, old->st_gid) != 0) {
		/* a guest in somebody's file; its mode is what matters */
	}
	return fchmod(fd, old->st_mode & 07777) == 0;
}

static void
replacement_drop(struct replacement *new)
{
	int why = errno;

	if (new->fd >= 0)
		close(new->fd);
	if (new->temp)
		unlink(new->temp);
	signals_doom(NULL);
	arena_end(&new->arena);
	errno = why;
}

/* What is no regular file (a device, a pipe) is written in place. */
static bool
replacement_open(struct replacement *new, const char *path)
{
	struct stat old;

	*new = (struct replacement) { .fd = -1 };
	bool there = stat(path, &old) == 0;
	if (!there && errno != ENOENT) {
		replacement_drop(new);
		return false;
	}
	if (there && !S_ISREG(old.st_mode)) {
		/* not by where its links lead: /dev/stdout leads to no path at all */
		new->path = path;
		new->fd = open(path, O_WRONLY | O_CLOEXEC);
	} else {
		new->path = links_follow(&new->arena, path);
		new->temp = arena_format(&new->arena, "%.*s.aclc-XXXXXX",
		                         (int)folder_length(new->path), new->path);
		new->fd = mkstemp(new->temp);
		if (new->fd < 0)
			new->temp = NULL;
		else
			signals_doom(new->temp);
	}
	if (new->fd >= 0 && (!new->temp || mode_keep(new->fd, there ? &old : NULL)))
		return true;
	replacement_drop(new);
	return false;
}

/* So that the new name is on the disk as well. A folder that cannot be opened
 * or flushed is no fault of the file's. */
static void
folder_flush(struct replacement *new)
{
	size_t len = folder_length(new->path);
	const char *folder = len ? arena_copy(&new->arena, new->path, len) : ".";
	int fd = open(folder, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	(void)fsync(fd);
	close(fd);
}

static bool
replacement_commit(struct replacement *new)
{
	if (!new->temp) {
		int fd = new->fd;
		new->fd = -1;
		arena_end(&new->arena);
		return close(fd) == 0;
	}
	bool fine = fsync(new->fd) == 0;
	if (fine) {
		int fd = new->fd;
		new->fd = -1;
		fine = close(fd) == 0 && rename(new->temp, new->path) == 0;
	}
	if (!fine) {
		replacement_drop(new);
		return false;
	}
	new->temp = NULL;
	signals_doom(NULL);
	folder_flush(new);
	arena_end(&new->arena);
	return true;
}

bool
file_replace(const char *path, struct text bytes)
{
	struct replacement new;
	struct arena scratch = { 0 };
	struct output out;

	if (!replacement_open(&new, path))
		return false;
	output_start(&out, &scratch, new.fd, path);
	output_bytes(&out, bytes.at, bytes.len);
	output_flush(&out);
	arena_end(&scratch);
	if (out.error) {
		replacement_drop(&new);
		errno = out.error;
		return false;
	}
	return replacement_commit(&new);
}

/* Whether a path leads to what standard output is, as /dev/stdout does: others may
 * have written there, so it is not replaced. */
static bool
is_standard_output(const char *path)
{
	struct stat named, standard;

	return strcmp(path, "-") == 0 ||
	       (stat(path, &named) == 0 && fstat(STDOUT_FILENO, &standard) == 0 &&
	        named.st_dev == standard.st_dev && named.st_ino == standard.st_ino);
}

bool
output_redirect(struct run *run)
{
	const char *path = run->options.output;

	if (!path || is_standard_output(path))
		return true;
	run->replacement = arena_alloc(&run->arena, sizeof(*run->replacement));
	if (!replacement_open(run->replacement, path)) {
		run_fault(run, "cannot write %s: %s", path_name(run, path),
		          strerror(errno));
		run->replacement = NULL;
		return false;
	}
	run->out.fd = run->replacement->fd;
	run->out.name = path_name(run, path);
	return true;
}

void
output_abandon(struct run *run)
{
	run->out.n = 0;
	if (run->replacement)
		replacement_drop(run->replacement);
	run->replacement = NULL;
}

enum status
output_finish(struct run *run, enum status status)
{
	struct output *out = &run->out;

	if (run->replacement && status == STATUS_BAD_RUN)
		output_abandon(run);
	output_flush(out);
	if (!out->error && run->replacement && !replacement_commit(run->replacement))
		out->error = errno;
	else if (out->error && run->replacement)
		output_abandon(run);
	if (!out->error)
		return status;
	if (out->error != EPIPE) /* who closed the pipe knows */
		run_fault(run, "cannot write to %s: %s", out->name, strerror(out->error));
	return STATUS_BAD_RUN;
}
