#include "cli/terminal.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/cli.h"

/* A variable of the environment that is set and not empty. */
static const char *
environment(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

static bool
environment_on(const char *name)
{
	const char *value = environment(name);

	return value && strcmp(value, "0") != 0;
}

static bool
wants_color(unsigned color, int fd)
{
	if (color != COLOR_AUTO)
		return color == COLOR_ALWAYS;
	if (environment("NO_COLOR"))
		return false;
	if (environment_on("CLICOLOR_FORCE") || environment_on("FORCE_COLOR"))
		return true;
	const char *term = environment("TERM");
	return isatty(fd) && !(term && strcmp(term, "dumb") == 0);
}

#define WIDTH_MAX 10000

/* As COLUMNS says, or the terminal itself; 0 where it is none. */
static unsigned
columns_of(int fd)
{
	const char *columns = environment("COLUMNS");
	struct winsize size;
	uint64_t number;

	if (columns && text_number(text_of(columns), WIDTH_MAX, &number) && number > 0)
		return (unsigned)number;
	if (isatty(fd) && ioctl(fd, TIOCGWINSZ, &size) == 0)
		return size.ws_col;
	return 0;
}

static void
output_settle(struct output *out, unsigned color)
{
	const char *runner = environment("GITHUB_ACTIONS");

	out->terminal = isatty(out->fd);
	out->color = wants_color(color, out->fd);
	out->guarded = runner && strcmp(runner, "true") == 0;
	out->width = columns_of(out->fd);
}

/* What progress says; read by the handler of the alarm. */
static const char *volatile progress_what;
static volatile size_t progress_done, progress_all;
static volatile sig_atomic_t progress_shown;
static bool progress_wanted;

static size_t
append(char *line, size_t n, const char *string)
{
	while (*string)
		line[n++] = *string++;
	return n;
}

static size_t
append_number(char *line, size_t n, size_t number)
{
	char digits[24];
	size_t first = sizeof(digits) - 1;

	digits[first] = '\0';
	do
		digits[--first] = (char)('0' + number % 10);
	while ((number /= 10) > 0);
	return append(line, n, digits + first);
}

#define ERASE "\r\033[K"

/* What can be said in a handler: write, and nothing of stdio. */
static void
progress_show(int number)
{
	char line[160];
	size_t n = append(line, 0, ERASE "aclc: ");
	const char *what = progress_what;
	int why = errno;

	(void)number;
	if (!what)
		return;
	n = append(line, n, what);
	if (progress_all > 0) {
		n = append_number(line, append(line, n, ", "), progress_done);
		n = append_number(line, append(line, n, " of "), progress_all);
	}
	progress_shown = write(STDERR_FILENO, line, n) > 0;
	alarm(1);
	errno = why;
}

static void
progress_start(void)
{
	struct sigaction action = { .sa_handler = progress_show, .sa_flags = SA_RESTART };

	if (sigaction(SIGALRM, &action, NULL) == 0)
		alarm(1);
}

void
terminal_settle(struct run *run)
{
	const char *term = environment("TERM");

	output_settle(&run->out, run->options.color);
	output_settle(&run->err, run->options.color);
	progress_wanted = !run->options.quiet && isatty(STDERR_FILENO) &&
	                  !(term && strcmp(term, "dumb") == 0);
}

void
progress_tell(const char *what)
{
	if (!progress_wanted)
		return;
	progress_all = 0;
	if (!progress_what)
		progress_start();
	progress_what = what;
}

void
progress_count(size_t done, size_t all)
{
	progress_done = done;
	progress_all = all;
}

void
progress_clear(void)
{
	if (!progress_what)
		return;
	progress_what = NULL;
	alarm(0);
	if (progress_shown && write(STDERR_FILENO, ERASE, sizeof(ERASE) - 1) > 0)
		progress_shown = false;
}
