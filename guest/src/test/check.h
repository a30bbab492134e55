// What a test program of the guest needs: RUN(function) runs one test, CHECK(condition) inside it, DONE() sums up.
#pragma once

#include <signal.h>
#include <stdio.h>

static int check_failed, check_passed_tests, check_failed_tests;

#define CHECK(condition) \
    ((condition) ? (void)0 : (void)(check_failed++, printf("  %s:%d: not so: %s\n", __FILE__, __LINE__, #condition)))

#define RUN(function)                                                                  \
    do {                                                                               \
        check_failed = 0;                                                              \
        function();                                                                    \
        printf("%s %s\n", check_failed ? "FAIL" : "ok  ", #function);                  \
        if (check_failed) check_failed_tests++; else check_passed_tests++;             \
        fflush(stdout);                                                                \
    } while (0)

// Prints the sum; the exit status of main.
static inline int check_done(void) {
    printf("%d passed, %d failed\n", check_passed_tests, check_failed_tests);
    return check_failed_tests != 0;
}
#define DONE() check_done()
