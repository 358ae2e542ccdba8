/* The settings: found, read, and taken for what the command line leaves open. */
#include "cli/cli.h"

#include <string.h>
#include <unistd.h>

#include "cli/terminal.h"
#include "policy/settings.h"

#define CONFIG_NAME ".aclc.hujson"

/* The folder of a path, "" for the one where we are. */
static const char *
folder_of(struct arena *arena, const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return "";
	return arena_copy(arena, path, slash == path ? 1 : (size_t)(slash - path));
}

static bool
ends_with_dots(const char *folder)
{
	size_t len = strlen(folder);

	return len >= 2 && strcmp(folder + len - 2, "..") == 0 &&
	       (len == 2 || folder[len - 3] == '/');
}

/* The folder above one, spelled as near to it as it can be. */
static const char *
folder_above(struct arena *arena, const char *folder)
{
	if (folder[0] == '\0' || strcmp(folder, ".") == 0)
		return "..";
	if (ends_with_dots(folder))
		return arena_format(arena, "%s/..", folder);
	return folder_of(arena, folder);
}

static const char *
file_in(struct arena *arena, const char *folder, const char *name)
{
	size_t len = strlen(folder);
	bool bare = len == 0 || folder[len - 1] == '/';

	return arena_format(arena, "%s%s%s", folder, bare ? "" : "/", name);
}

static size_t
slashes_in(const char *path)
{
	size_t n = 0;

	for (; *path; path++)
		n += *path == '/';
	return n;
}

/* No fewer than the folders from this one up to the root. */
static size_t
depth_of(const char *folder)
{
	char here[4096];

	return 2 + slashes_in(folder) +
	       (getcwd(here, sizeof(here)) ? slashes_in(here) : 0);
}

/* The settings nearest to a policy, or NULL where there are none. */
static const char *
config_find(struct run *run, const char *policy)
{
	const char *folder =
		strcmp(policy, "-") == 0 ? "" : folder_of(&run->arena, policy);

	for (size_t depth = depth_of(folder); depth > 0; depth--) {
		const char *path = file_in(&run->arena, folder, CONFIG_NAME);
		if (access(path, F_OK) == 0)
			return path;
		folder = folder_above(&run->arena, folder);
	}
	return NULL;
}

/* The settings' inventories are named from where the settings are. */
static void
inventories_take(struct run *run, const char *path, const struct words *inventories)
{
	struct strings *list = &run->options.inventories;
	const char *folder = folder_of(&run->arena, path);

	for (size_t i = 0; i < inventories->n; i++) {
		struct text text = inventories->at[i].text;
		const char *name = arena_copy(&run->arena, text.at, text.len);
		list->at = arena_grow(&run->arena, list->at, list->n, &list->cap,
		                      sizeof(*list->at));
		list->at[list->n++] =
			name[0] == '/' ? name : file_in(&run->arena, folder, name);
	}
}

static bool
config_read(struct run *run, const char *path)
{
	struct findings findings = { .arena = &run->arena };
	struct source *source = source_load(run, &run->arena, path);
	struct tree *tree;

	if (!source)
		return false;
	progress_tell("reading the settings");
	tree = hujson_parse(&run->arena, source, &findings);
	if (!tree->broken)
		run->settings = settings_read(&run->arena, tree, &findings);
	findings_tell(run, &findings);
	return findings.n_errors == 0;
}

bool
settings_load(struct run *run, const char *policy)
{
	const char *path = run->options.config;

	if (run->settings)
		return true;
	if (!path)
		path = config_find(run, policy);
	if (!path) {
		run->settings = settings_none(&run->arena);
		return true;
	}
	run_tell(run, "settings are %s", path);
	if (!config_read(run, path))
		return false;
	if (!run->options.target_name && run->settings->target_known)
		run->options.target = run->settings->target_value;
	if (run->options.inventories.n == 0)
		inventories_take(run, path, &run->settings->inventory);
	return true;
}
