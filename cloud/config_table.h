/* SPDX-License-Identifier: MIT */
/*
 * config_table: every option of oriel-relay with its range and explanation,
 * and what --help says of the commands. A part of cloud/config.
 */
#ifndef CLOUD_CONFIG_TABLE_H
#define CLOUD_CONFIG_TABLE_H

#include "common/opt.h"

extern const struct opt_program config_program;

#endif
