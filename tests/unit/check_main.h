/* SPDX-License-Identifier: MIT */
/*
 * CHECK_MAIN(module, setup, teardown, tests...): one test program's main().
 * setup and teardown may be NULL. A test given as NATIVELY(test) is not run
 * where emulated(), and that is said.
 *
 * TEST_MOST_S ends what hangs; it is no measure of speed: none takes more than
 * a few seconds of processor time, but on a crowded machine gets them late.
 */
#ifndef TESTS_UNIT_CHECK_MAIN_H
#define TESTS_UNIT_CHECK_MAIN_H

#include <check.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#define TEST_MOST_S 240

/*
 * Whether qemu-user runs it (tests/arm): too slow for what has to be in time,
 * and its vfork() is a fork(), so that posix_spawn() does not hear that there
 * is nothing to run.
 */
static inline bool emulated(void)
{
	return getenv("EMULATED") != NULL;
}

#define NATIVELY(test) (emulated() ? NULL : (test))

#define CHECK_MAIN(module, setup, teardown, ...)                               \
	int main(void)                                                         \
	{                                                                      \
		const TTest *const tests[] = { __VA_ARGS__ };                  \
		Suite *suite = suite_create(#module);                          \
		TCase *tcase = tcase_create(#module);                          \
		SRunner *runner = srunner_create(suite);                       \
		int failed, left_out = 0;                                      \
                                                                               \
		tcase_set_timeout(tcase, TEST_MOST_S);                         \
		tcase_add_checked_fixture(tcase, setup, teardown);             \
		for (size_t i = 0; i < sizeof(tests) / sizeof(*tests); i++)    \
			if (tests[i])                                          \
				tcase_add_test(tcase, tests[i]);               \
			else                                                   \
				left_out++;                                    \
		suite_add_tcase(suite, tcase);                                 \
		srunner_run_all(runner, CK_ENV);                               \
		failed = srunner_ntests_failed(runner);                        \
		srunner_free(runner);                                          \
		if (left_out)                                                  \
			printf("left out: %d\n", left_out);                    \
		return failed ? EXIT_FAILURE : EXIT_SUCCESS;                   \
	}

#endif
