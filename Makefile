# Oriel. `make help` lists the targets.
#
# Variants go to folders of their own, so nothing needs `make clean`:
#   make SAN=address,undefined check     sanitizers (also SAN=thread)
#   make WERROR=1                        warnings are errors
#   make CC=clang                        another compiler
#   make V=1                             show the commands

.DEFAULT_GOAL := all

# --- tools and flags ---------------------------------------------------------

CC	?= cc
CFLAGS	?= -O2 -g
PKG_CONFIG ?= pkg-config
WARN	:= -Wall -Wextra -Wshadow -Wundef -Wformat=2 -Wvla -Wpointer-arith \
	   -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition \
	   -Wwrite-strings -Wimplicit-fallthrough -Wcast-qual
ifdef WERROR
WARN	+= -Werror
endif
ifdef SAN
SANFLAGS := -fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer
# Check forks each test and LeakSanitizer never reports from those children.
export CK_FORK := no
endif
comma	:= ,
VARIANT	:= $(if $(filter-out cc gcc,$(CC)),$(notdir $(CC))-)$(if $(SAN),$(subst $(comma),-,$(SAN)),release)$(if $(WERROR),-werror)
BUILD	:= build/$(VARIANT)
HARDEN	:= -fstack-protector-strong -fPIE $(if $(SAN),,-D_FORTIFY_SOURCE=2)
VERSION	:= 0.1.0
override CPPFLAGS += -I. -I$(BUILD) -D_GNU_SOURCE -DORIEL_VERSION='"$(VERSION)"'
override CFLAGS += -std=c17 $(WARN) $(HARDEN) $(SANFLAGS) -pthread -MMD -MP
override LDFLAGS += -pie -Wl,-z,relro,-z,now -pthread $(SANFLAGS)
Q	:= $(if $(V),,@)

AV_PKGS	:= libavformat libavcodec libavutil libswscale
pkg	= $(shell $(PKG_CONFIG) $(1) $(2))
CAM_LIBS   = $(call pkg,--libs,$(AV_PKGS) libwebsockets zlib)
RELAY_LIBS = $(call pkg,--libs,libwebsockets libcrypto zlib) -lev
CHECK_LIBS = $(call pkg,--libs,check)

# --- sources -----------------------------------------------------------------

OPT	:= common/opt.c common/opt_value.c common/opt_help.c
COMMON	:= common/log.c $(OPT) common/wire.c common/names.c
DEVICE	:= device/main.c device/config.c device/media.c device/source.c \
	   device/source_testcard.c device/source_libav.c device/source_annexb.c \
	   device/encoder.c device/encoder_x264.c device/h264.c \
	   device/packager.c device/cutter.c device/window.c device/playlist.c \
	   device/spool.c device/handover.c device/uplink.c device/backoff.c
CLOUD	:= cloud/main.c

# What each test links, besides its own file: nothing that is not listed, so
# that a hidden dependency shows as a link error.
TESTS	:= wire names log opt
test_wire_SRC	:= common/wire.c
test_names_SRC	:= common/names.c
test_names_LIBS	:= -lz
test_log_SRC	:= common/log.c
test_opt_SRC	:= $(OPT)
TESTS	+= backoff
test_backoff_SRC := device/backoff.c
TESTS	+= packager
test_packager_SRC := device/packager.c device/h264.c common/log.c
test_packager_LIBS = $(call pkg,--libs,libavformat libavcodec libavutil)

# What feeds the media thread.
TESTS	+= h264
test_h264_SRC	:= device/h264.c

# --- programs ----------------------------------------------------------------

.PHONY: all
all: $(BUILD)/oriel-cam $(BUILD)/oriel-relay

obj	= $(patsubst %.c,$(BUILD)/%.o,$(1))
ALL_SRC	:= $(sort $(COMMON) $(DEVICE) $(CLOUD) $(TESTS:%=tests/test_%.c))

$(BUILD)/oriel-cam: $(call obj,$(COMMON) $(DEVICE))
	@echo "  LD    $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(CAM_LIBS)

$(BUILD)/oriel-relay: $(call obj,$(COMMON) $(CLOUD))
	@echo "  LD    $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(RELAY_LIBS)

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC    $<"
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

# --- unit tests --------------------------------------------------------------

.SECONDARY:
.SECONDEXPANSION:
$(BUILD)/tests/test_%: $$(call obj,tests/test_$$*.c $$(test_$$*_SRC))
	@echo "  LD    $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(CHECK_LIBS) $(test_$*_LIBS)

.PHONY: check
check: $(TESTS:%=$(BUILD)/tests/test_%)
	@fail=0; for t in $^; do $$t || fail=1; done; exit $$fail

.PHONY: clean
clean:
	rm -rf build

-include $(ALL_SRC:%.c=$(BUILD)/%.d)
