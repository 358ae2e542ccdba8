#include "cli/signals.h"

#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/terminal.h"

static const char *volatile doomed;

static void
doomed_remove(void)
{
	if (doomed)
		unlink(doomed);
}

static void
end_by_signal(int number)
{
	progress_clear();
	doomed_remove();
	raise(number); /* SA_RESETHAND: this time it ends the run */
}

void
signals_doom(const char *path)
{
	doomed = path;
}

void
signals_start(void)
{
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction action = { .sa_handler = end_by_signal,
		                    .sa_flags = (int)SA_RESETHAND };
	struct sigaction before;

	atexit(doomed_remove); /* out of memory, grammar/arena.c ends the run */
	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		if (sigaction(numbers[i], NULL, &before) == 0 &&
		    before.sa_handler == SIG_DFL) /* nohup ignores some */
			sigaction(numbers[i], &action, NULL);
}
