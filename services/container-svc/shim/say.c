// SPDX-License-Identifier: Apache-2.0
// What the daemon tells: the records on disk, the lines for clients, the answer for the command.
#include "run.h"

#include <sys/wait.h>
#include <unistd.h>

static void add_ending(struct text *text, bool known, int status)
{
	if (known && WIFEXITED(status))
		text_add(text, ",\"exitCode\":%d,\"signal\":null", WEXITSTATUS(status));
	else if (known && WIFSIGNALED(status))
		text_add(text, ",\"exitCode\":null,\"signal\":%d", WTERMSIG(status));
	else
		text_add(text, ",\"exitCode\":null,\"signal\":null");
}

void say_create(struct run *run, const char *outcome, bool known, int status)
{
	record_begin(&run->text, &run->shim->identity, NULL, run->init);
	text_add(&run->text, ",\"outcome\":\"%s\"", outcome);
	add_ending(&run->text, known, status);
	text_add(&run->text, ",\"stderr\":");
	text_add_string(&run->text, run->tail.bytes, run->tail.length);
	text_add(&run->text, "}\n");
}

void say_exit(struct run *run, const char *type)
{
	const bool known = run->pid_fd < 0;

	record_begin(&run->text, &run->shim->identity, type, run->init);
	if (known)
		text_add(&run->text, ",\"waitStatus\":%d", run->status);
	else
		text_add(&run->text, ",\"waitStatus\":null");
	add_ending(&run->text, known, run->status);
	text_add(&run->text, ",\"coreDumped\":%s,\"logDropped\":%llu}\n",
		 known && WIFSIGNALED(run->status) && WCOREDUMP(run->status) ? "true" : "false",
		 (unsigned long long)run->shim->journal.dropped_total);
}

void say_line(struct run *run, const char *type, bool with_init, bool with_serial)
{
	struct text *text = &run->text;

	text->length = 0;
	text_add(text, "{\"type\":\"%s\"", type);
	if (with_init && run->init.pid != 0)
		text_add(text, ",\"pid\":%d,\"startTime\":%llu", run->init.pid,
			 (unsigned long long)run->init.start_time);
	else if (with_init)
		text_add(text, ",\"pid\":null,\"startTime\":null");
	if (with_serial && run->told != PROPERTIES_ABSENT)
		text_add(text, ",\"serial\":%u", (unsigned)run->told);
	else if (with_serial)
		text_add(text, ",\"serial\":null");
	text_add(text, "}\n");
}

void answer(struct run *run, enum answer status)
{
	struct shim *shim = run->shim;
	const char code = (char)status;

	(void)!write(shim->answer_fd, &code, 1);
	(void)!write(shim->answer_fd, run->text.bytes, run->text.length);
	close(shim->answer_fd);
	shim->answer_fd = -1;
}
