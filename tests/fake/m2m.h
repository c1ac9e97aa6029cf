/* SPDX-License-Identifier: MIT */
/*
 * m2m: what all nodes of bcm2835-codec have in common. Under world_lock.
 */
#ifndef TESTS_FAKE_M2M_H
#define TESTS_FAKE_M2M_H

#include "tests/fake/node.h"

/* Names, capabilities, limits. */
void m2m_set_up_node(struct node *node, const char *card);
/* Both queues of a file, with their formats. */
void m2m_open(struct file *f);
/* Sides in range and even, lines as this kernel pads them. */
void m2m_adjust(struct file *f, enum direction way, struct image *im);

#endif
