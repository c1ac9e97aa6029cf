/* SPDX-License-Identifier: MIT */
/*
 * notify: tells a service manager how far we are, by the protocol that
 * sd_notify(3) lays down for who does not link libsystemd. Where nobody asks
 * for it (NOTIFY_SOCKET is not set), or cannot be told, nothing happens.
 *
 * A manager that does not read is waited for, but for no longer than a second.
 * Any thread, as long as none changes the environment.
 */
#ifndef COMMON_NOTIFY_H
#define COMMON_NOTIFY_H

/* We do what we are here for. `status`, one line for people, may be NULL. */
void notify_ready(const char *status);

void notify_status(const char *status);

/* We have begun to end. */
void notify_stopping(void);

#endif
