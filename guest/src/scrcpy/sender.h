// Device messages, device → client, from a queue of 16 (server/…/control/DeviceMessageSender.java): what finds it full is dropped.
#pragma once

#include <stdint.h>

struct session;
struct sender;

struct sender *sender_start(struct session *s);        // NULL: out of memory
void sender_clipboard(struct sender *q, const char *text, size_t n);
void sender_ack(struct sender *q, uint64_t sequence);
void sender_stop(struct sender *q);                    // joins and frees
