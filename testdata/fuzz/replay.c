/* Gives files to a fuzzer's target, where there is no fuzzer: what was found stays
 * found. A line for each file; a target that fails ends the run. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static uint8_t *
file_read(const char *path, size_t *len)
{
	FILE *file = fopen(path, "rb");

	if (!file || fseek(file, 0, SEEK_END) != 0)
		return NULL;
	long size = ftell(file);
	rewind(file);
	/* of just this size: a sanitizer sees its end */
	uint8_t *bytes = malloc((size_t)size + (size == 0));
	*len = bytes ? fread(bytes, 1, (size_t)size, file) : 0;
	fclose(file);
	return bytes;
}

int
main(int argc, char **argv)
{
	if (LLVMFuzzerInitialize(&argc, &argv) != 0)
		return 2;
	for (int i = 1; i < argc; i++) {
		size_t len = 0;
		uint8_t *bytes = file_read(argv[i], &len);
		if (!bytes) {
			fprintf(stderr, "cannot read %s\n", argv[i]);
			return 2;
		}
		LLVMFuzzerTestOneInput(bytes, len);
		free(bytes);
		fprintf(stderr, "fine: %s\n", argv[i]);
	}
	return 0;
}
