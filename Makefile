# Oriel. `make help` lists the targets: those with a line of `##` here.
#
# Variants go to folders of their own, so nothing needs `make clean`:
#   make SAN=address,undefined check     sanitizers (also SAN=thread)
#   make WERROR=1                        warnings are errors
#   make CC=clang                        another compiler
#   make V=1                             show the commands
#   make SETUP=no demo                   install no Debian package, ask for none

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:

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
V4L2	:= device/v4l2.c device/v4l2_queue.c device/v4l2_find.c \
	   device/v4l2_probe.c device/raw.c device/capture.c \
	   device/m2m_input.c device/m2m_encoder.c device/m2m_unit.c \
	   device/recipe.c device/inflight.c device/encoder_m2m.c \
	   device/camera.c device/camera_mode.c device/controls.c \
	   device/stamp.c device/source_v4l2.c device/mjpeg.c \
	   device/scaler.c device/scaler_m2m.c device/scaler_sws.c \
	   device/child.c device/rpicam_command.c device/source_rpicam.c \
	   device/source_auto.c device/watchdog.c \
	   device/findings.c device/health.c device/check.c \
	   device/check_nodes.c device/check_stream.c device/check_relay.c
COMMON	:= common/log.c $(OPT) common/wire.c common/names.c common/trace.c \
	   common/text.c
DEVICE	:= device/main.c device/config.c device/media.c device/source.c \
	   device/source_testcard.c device/source_libav.c device/source_annexb.c \
	   device/testcard.c device/timecode.c device/font.c device/grid.c \
	   device/wait.c device/splitter.c device/timeline.c device/avlog.c \
	   device/input.c device/reader.c device/reorder.c device/decoder.c \
	   device/encoder.c device/encoder_x264.c device/h264.c \
	   $(V4L2) \
	   device/packager.c device/cutter.c device/window.c device/playlist.c \
	   device/spool.c device/journal.c device/handover.c device/uplink.c \
	   device/backoff.c device/dialog.c device/relay_clock.c \
	   device/sendplan.c device/outbox.c \
	   device/gzip.c device/endpoint.c
CLOUD	:= cloud/main.c cloud/config.c cloud/server.c cloud/listen.c \
	   cloud/session.c cloud/transfer.c cloud/publish.c cloud/wsi.c \
	   cloud/answer.c \
	   cloud/request.c cloud/route.c cloud/key.c cloud/blocking.c \
	   cloud/ingest.c cloud/store.c cloud/camera.c cloud/playlist.c \
	   cloud/media.c cloud/reply.c cloud/report.c cloud/assets.c \
	   cloud/gunzip.c cloud/audience.c
# The page, in the relay's binary, under /assets/ by base name.
WEB_FILES := web/index.html web/page.css web/player.js web/backoff.js \
	   web/clock.js web/m3u8.js web/mp4.js web/pace.js web/part_stream.js \
	   web/relay.js web/stream.js web/watch.js web/controls.js \
	   web/links.js web/nap.js web/part_buffer.js web/still.js \
	   web/words.js web/home.css web/home.js web/cards.js web/glance.js \
	   web/node_modules/hls.js/dist/hls.min.mjs

# What each test links, besides its own file: nothing that is not listed, so
# that a hidden dependency shows as a link error.
TESTS	:= wire names log opt text
test_text_SRC	:= common/text.c
test_wire_SRC	:= common/wire.c
test_names_SRC	:= common/names.c common/text.c
test_names_LIBS	:= -lz
test_log_SRC	:= common/log.c
test_opt_SRC	:= $(OPT)
TESTS	+= audience
test_audience_SRC := cloud/audience.c
TESTS	+= config backoff
test_config_SRC	:= device/config.c $(OPT) common/names.c common/text.c \
		   common/log.c
test_config_LIBS := -lz
test_backoff_SRC := device/backoff.c
TESTS	+= endpoint sendplan
test_endpoint_SRC := device/endpoint.c
test_sendplan_SRC := device/sendplan.c tests/fake_handover.c common/wire.c
TESTS	+= gzip outbox dialog uplink relay_clock trace
DIALOG	:= device/dialog.c device/sendplan.c device/outbox.c device/gzip.c \
	   device/relay_clock.c common/wire.c common/trace.c
test_relay_clock_SRC := device/relay_clock.c
test_trace_SRC	:= common/trace.c
test_gzip_SRC	:= device/gzip.c
test_gzip_LIBS	:= -lz
test_outbox_SRC	:= device/outbox.c device/gzip.c common/wire.c \
		   tests/fake_handover.c
test_outbox_LIBS := -lz
test_dialog_SRC	:= $(DIALOG) common/log.c tests/fake_handover.c
test_dialog_LIBS := -lz
test_uplink_SRC	:= device/uplink.c device/endpoint.c $(DIALOG) \
		   common/log.c tests/fake_handover.c tests/fake_relay.c \
		   tests/certificate.c
test_uplink_LIBS = $(call pkg,--libs,libwebsockets libssl libcrypto zlib)
TESTS	+= packager
test_packager_SRC := device/packager.c device/h264.c common/log.c
test_packager_LIBS = $(call pkg,--libs,libavformat libavcodec libavutil)

# The fake V4L2 devices; see $(FAKE).
# Where time_t and off_t have one size only.
TESTS	+= $(if $(filter x86_64-% aarch64-%,$(shell $(CC) -dumpmachine 2>/dev/null)),\
	   fake_encoder fake_camera fake_faults)
FAKE_TEST_LIBS := -Wl,-rpath,'$$ORIGIN/fake'
test_fake_encoder_SRC := tests/fake/client.c
test_fake_encoder_LIBS := $(FAKE_TEST_LIBS)
test_fake_camera_SRC := tests/fake/client.c device/timecode.c
test_fake_camera_LIBS := $(FAKE_TEST_LIBS)
test_fake_faults_SRC := tests/fake/client.c
test_fake_faults_LIBS := $(FAKE_TEST_LIBS)

# What feeds the media thread.
TESTS	+= h264 splitter reorder timecode timeline encoder_x264 \
	   testcard grid source_testcard source_annexb source_libav
test_h264_SRC	:= device/h264.c
test_splitter_SRC := device/splitter.c device/h264.c
test_timecode_SRC := device/timecode.c
test_reorder_SRC := device/reorder.c
test_testcard_SRC := device/testcard.c device/timecode.c device/font.c
test_grid_SRC	:= device/grid.c
test_source_testcard_SRC := device/source.c device/source_testcard.c \
	device/grid.c device/wait.c $(test_testcard_SRC) common/log.c
test_timeline_SRC := device/timeline.c
test_source_annexb_SRC := device/source.c device/source_annexb.c \
	device/splitter.c device/h264.c device/wait.c common/log.c
test_encoder_x264_SRC := device/encoder.c device/encoder_x264.c \
	device/avlog.c device/h264.c device/testcard.c device/timecode.c \
	device/font.c common/log.c
test_encoder_x264_LIBS = $(call pkg,--libs,libavcodec libavutil)
test_source_libav_SRC := device/source.c device/source_libav.c device/wait.c \
	device/timeline.c device/reader.c device/reorder.c device/input.c \
	device/decoder.c device/avlog.c device/h264.c common/log.c
test_source_libav_LIBS = $(call pkg,--libs,$(AV_PKGS))
$(BUILD)/tests/test_source_libav.o: override CPPFLAGS += \
	-DTEST_DATA='"$(BUILD)/data"'

# Cameras and hardware.
TESTS	+= v4l2_find raw recipe inflight m2m_unit camera_mode stamp controls \
	   rpicam_command child watchdog findings health v4l2_queue \
	   capture
test_v4l2_find_SRC := device/v4l2_find.c
test_v4l2_queue_SRC := device/v4l2_queue.c device/v4l2.c
test_v4l2_queue_LIBS := -Wl,--wrap=ioctl,--wrap=__ioctl_time64
test_capture_SRC := device/capture.c device/v4l2_queue.c device/v4l2.c
test_capture_LIBS := -Wl,--wrap=ioctl,--wrap=__ioctl_time64
test_raw_SRC	:= device/raw.c
test_recipe_SRC	:= device/recipe.c
test_inflight_SRC := device/inflight.c
test_m2m_unit_SRC := device/m2m_unit.c device/h264.c
test_camera_mode_SRC := device/camera_mode.c device/raw.c
test_stamp_SRC	:= device/stamp.c
test_controls_SRC := device/controls.c device/v4l2.c common/log.c
test_rpicam_command_SRC := device/rpicam_command.c device/recipe.c
test_child_SRC	:= device/child.c common/log.c
test_watchdog_SRC := device/watchdog.c
test_findings_SRC := device/findings.c
test_health_SRC	:= device/health.c device/findings.c
HARDWARE := device/v4l2.c device/v4l2_queue.c device/v4l2_find.c \
	   device/v4l2_probe.c device/raw.c device/capture.c \
	   device/m2m_input.c device/m2m_encoder.c device/m2m_unit.c \
	   device/recipe.c device/inflight.c device/encoder.c \
	   device/encoder_m2m.c device/h264.c common/log.c
TESTS	+= encoder_m2m source_v4l2
test_encoder_m2m_SRC := $(HARDWARE) device/testcard.c device/timecode.c \
	   device/font.c
test_encoder_m2m_LIBS := $(FAKE_TEST_LIBS)
test_source_v4l2_SRC := $(HARDWARE) device/source.c device/source_v4l2.c \
	device/camera.c device/camera_mode.c device/controls.c \
	device/stamp.c device/mjpeg.c device/decoder.c device/avlog.c \
	device/scaler.c device/scaler_m2m.c device/scaler_sws.c \
	device/timecode.c
test_source_v4l2_LIBS = $(FAKE_TEST_LIBS) $(call pkg,--libs,$(AV_PKGS)) \
	-Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc

# The stream and its files.
WINDOW	:= device/window.c common/wire.c
PLAYLIST := device/playlist.c common/names.c common/text.c $(WINDOW)
SPOOL	:= device/spool.c common/log.c
TESTS	+= cutter window playlist spool journal handover
test_cutter_SRC	:= device/cutter.c
test_window_SRC	:= $(WINDOW)
test_playlist_SRC := $(PLAYLIST)
test_playlist_LIBS := -lz
test_spool_SRC	:= $(SPOOL)
test_journal_SRC := device/journal.c common/names.c common/text.c $(WINDOW) \
		    $(SPOOL)
test_journal_LIBS := -lz
test_handover_SRC := device/handover.c device/journal.c $(PLAYLIST) $(SPOOL) \
		     common/trace.c
test_handover_LIBS := -lz

# The relay.
REPLY	:= cloud/reply.c cloud/media.c
CAMERA	:= cloud/camera.c cloud/playlist.c cloud/blocking.c cloud/gunzip.c \
	   $(REPLY) cloud/audience.c common/names.c common/text.c common/wire.c
TESTS	+= reply blocking route request key gunzip relay_playlist camera store
test_reply_SRC	:= cloud/reply.c
test_blocking_SRC := cloud/blocking.c common/wire.c
test_route_SRC	:= cloud/route.c common/names.c common/text.c
test_route_LIBS	:= -lz
test_request_SRC := cloud/request.c
test_key_SRC	:= cloud/key.c
test_key_LIBS	= $(call pkg,--libs,libcrypto)
test_gunzip_SRC	:= cloud/gunzip.c
test_gunzip_LIBS := -lz
test_relay_playlist_SRC := cloud/playlist.c cloud/gunzip.c cloud/reply.c
test_relay_playlist_LIBS := -lz
test_camera_SRC	:= $(CAMERA)
test_camera_LIBS := -lz
test_store_SRC	:= cloud/store.c $(CAMERA)
test_store_LIBS	:= -lz
TESTS	+= ingest
test_ingest_SRC	:= cloud/ingest.c cloud/store.c $(CAMERA) common/trace.c
test_ingest_LIBS := -lz
TESTS	+= assets answer relay_config
test_relay_config_SRC := cloud/config.c $(OPT) common/names.c common/text.c
test_relay_config_LIBS := -lz
test_assets_SRC	:= cloud/assets.c cloud/gunzip.c cloud/reply.c common/names.c \
		    common/text.c
test_assets_LIBS := -lz
test_answer_SRC	:= cloud/answer.c cloud/report.c cloud/request.c \
	cloud/route.c cloud/key.c cloud/assets.c cloud/store.c $(CAMERA)
test_answer_LIBS = -lz $(call pkg,--libs,libcrypto)

# --- programs ----------------------------------------------------------------

.PHONY: all
all: ## build both programs (needs what setup-build installs)
all: $(BUILD)/oriel-cam $(BUILD)/oriel-relay

obj	= $(patsubst %.c,$(BUILD)/%.o,$(1))
ALL_SRC	:= $(sort $(COMMON) $(DEVICE) $(CLOUD) $(TESTS:%=tests/test_%.c))

$(BUILD)/oriel-cam: $(call obj,$(COMMON) $(DEVICE))
	@echo "  LD    $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(CAM_LIBS)

$(BUILD)/oriel-relay: $(call obj,$(COMMON) $(CLOUD)) $(BUILD)/web.o
	@echo "  LD    $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(RELAY_LIBS)

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC    $<"
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

# Each file of the page gzipped, and a table of them for cloud/assets.c.
WEB_GZIP := $(addprefix $(BUILD)/web/,$(addsuffix .gz,$(notdir $(WEB_FILES))))
vpath %.html web
vpath %.css web
vpath %.js web
vpath %.mjs web/node_modules/hls.js/dist

web/node_modules/hls.js/dist/hls.min.mjs: web/node_modules/.stamp

$(BUILD)/web/%.gz: %
	@mkdir -p $(@D)
	$(Q)gzip -9nc $< >$@

$(BUILD)/web.c: $(WEB_GZIP) Makefile
	@echo "  WEB   $@"
	$(Q){ echo '/* Made by the Makefile from WEB_FILES. */'; \
	echo '#include "cloud/assets.h"'; \
	n=0; for f in $(WEB_GZIP); do n=$$((n + 1)); \
	printf '__asm__(".section .rodata; web_%d: .incbin \\"%s\\"; "\n' \
		$$n $$f; \
	printf '	"web_end_%d: .byte 0; .previous");\n' $$n; \
	echo "extern const uint8_t web_$$n[], web_end_$$n[];"; done; \
	echo 'const struct asset_file asset_files[] = {'; \
	n=0; for f in $(notdir $(WEB_FILES)); do n=$$((n + 1)); \
	echo "	{ \"$$f\", web_$$n, web_end_$$n },"; done; \
	echo '	{ 0 }'; echo '};'; } >$@

$(BUILD)/web.o: $(BUILD)/web.c
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

# --- unit tests --------------------------------------------------------------

.SECONDARY:
.SECONDEXPANSION:
$(BUILD)/tests/test_%: $$(call obj,tests/test_$$*.c $$(test_$$*_SRC))
	@echo "  LD    $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(CHECK_LIBS) $(test_$*_LIBS)

# The videos that it plays.
$(BUILD)/tests/test_source_libav: | $(BUILD)/data/.stamp

$(BUILD)/data/.stamp: tests/source_data.sh
	@echo "  DATA  $(@D)"
	$(Q)tests/source_data.sh $(@D)

# The Pi's hardware as a library in front of a program: tests/fake/README.md.
FAKE	:= $(BUILD)/tests/fake/libfakev4l2.so
FAKE_SRC := $(addprefix tests/fake/,camera_node.c camera_stream.c coder.c \
	   control.c decoy_node.c encoder_node.c encoder_stream.c faults.c \
	   fdtable.c file.c format.c ioctl.c ioctl_buffer.c ioctl_control.c \
	   ioctl_format.c isp_node.c m2m.c memory.c node.c paths.c pixels.c \
	   preload.c preload_clock.c preload_path.c preload_poll.c queue.c \
	   real.c report.c script.c words.c world.c) \
	   device/testcard.c device/timecode.c device/font.c
pic	= $(patsubst %.c,$(BUILD)/pic/%.o,$(1))

# Not fortified: it defines itself what the headers would wrap.
$(BUILD)/pic/%.o: %.c
	@mkdir -p $(@D)
	@echo "  PIC   $<"
	$(Q)$(CC) $(CPPFLAGS) $(filter-out -fPIE -D_FORTIFY%,$(CFLAGS)) -fPIC \
		-fvisibility=hidden -c -o $@ $<

$(FAKE): $(call pic,$(FAKE_SRC))
	@mkdir -p $(@D)
	@echo "  LD    $@"
	$(Q)$(CC) $(filter-out -pie,$(LDFLAGS)) -shared \
		-Wl,-soname,$(@F) -o $@ $^ \
		$(call pkg,--libs,libavcodec libavutil libswscale) -lm

# Linked with it in front of libc, they need nothing preloaded.
FAKE_TESTS := fake_encoder fake_camera fake_faults encoder_m2m \
	   source_v4l2
$(FAKE_TESTS:%=$(BUILD)/tests/test_%): $(FAKE)

.PHONY: fake
fake: $(FAKE) ## build the fake V4L2 devices (tests/fake/README.md)

.PHONY: check
check: ## run the unit tests
check: $(TESTS:%=$(BUILD)/tests/test_%)
	@fail=0; for t in $^; do \
		$$t >$$t.log 2>&1 || { cat $$t.log; fail=1; }; \
		echo "  TEST  $${t##*/test_}: $$(sed -n 's/^.*%: //p' $$t.log)"; \
	done; exit $$fail

# --- the page and end to end -------------------------------------------------

NODE_TEST = node --test --test-reporter=spec --test-concurrency=1

.PHONY: test-web
test-web: ## test what the page decides
	$(Q)node --test --test-reporter=dot $(wildcard tests/web/*.test.mjs) \
		tests/bench/bench.test.mjs

# Those that measure time have the machine to themselves; the others mostly
# wait, and do that together.
E2E_ALL	:= $(wildcard tests/e2e/*.test.mjs)
E2E_ALONE := $(patsubst %,tests/e2e/%.test.mjs,testcard_in_chromium \
	   file_and_pipe_frame_for_frame survives_kill page_recovers)

# Sanitized programs are several times slower: how players and the page keep
# up is left to the release build, and so is the hostile hardware for now.
E2E_SANE := $(patsubst %,tests/e2e/%.test.mjs,bad_publishers bad_sources \
	   bad_viewers check http_answers leaves_cleanly \
	   playlists_follow_the_rules rpicam survives_kill \
	   testcard_in_chromium upload_is_lean)
E2E_FILES = $(if $(SAN),$(E2E_SANE),$(E2E_ALL))

# The real programs, browser and players; E2E=name runs one file of it.
.PHONY: e2e
e2e: ## run the programs against each other, a browser and players
e2e: all $(FAKE)
ifdef E2E
	$(Q)BUILD=$(BUILD) $(NODE_TEST) tests/e2e/$(E2E).test.mjs
else
	$(Q)BUILD=$(BUILD) tests/e2e/run.sh 1 \
		$(filter $(E2E_ALONE),$(E2E_FILES))
	$(Q)BUILD=$(BUILD) tests/e2e/run.sh 2 \
		$(filter-out $(E2E_ALONE),$(E2E_FILES))
endif

# How fast: docs/performance.md has what these have found, and on what.
.PHONY: latency endurance bench
latency: ## measure how far behind the camera a viewer is (an hour)
latency: all tests/node_modules/.stamp
	$(Q)BUILD=$(BUILD) node tests/bench/latency.mjs

endurance: ## see whether the latency stays, for an hour and after stops
endurance: all tests/node_modules/.stamp
	$(Q)BUILD=$(BUILD) node tests/bench/endurance.mjs

bench: ## measure what camera and relay cost
bench: all tests/node_modules/.stamp
	$(Q)BUILD=$(BUILD) node tests/bench/bench.mjs

# --- a real kernel -----------------------------------------------------------

# The hardware path in a virtual machine: docs/testing-kernel.md.
.PHONY: test-kernel
test-kernel: ## run the hardware path on a real arm64 kernel, in qemu
test-kernel: setup-kernel
	$(Q)tests/kernel/prepare.sh
	$(Q)$(NODE_TEST) $(wildcard tests/kernel/*.test.mjs)

# --- gates -------------------------------------------------------------------

# Wildcards only for what is inspected; what is linked is listed above.
# Both Debian 12 and 13 have this version; others differ in details.
CLANG_FORMAT ?= clang-format-19
SOURCES	:= $(wildcard $(foreach d,common device cloud tests tests/fuzz \
	   tests/fake,\
	   $(d)/*.c $(d)/*.h))
PRODUCT	:= $(filter-out tests/%,$(SOURCES))

BANNED	:= strcpy|strcat|strncpy|strncat|sprintf|vsprintf|strtok|atoi|atol|atoll|atof|gets|alloca|system|popen|tmpnam|mktemp

# /dev/null: grep without a file would read stdin, and with one name no file's.
.PHONY: lint
lint: ## format, banned functions, secrets, licence, static analysis
	@echo "  LINT  $$($(CLANG_FORMAT) --version), $$(cppcheck --version)"
	$(Q)$(CLANG_FORMAT) --dry-run -Werror $(SOURCES) || \
		{ echo "lint: make format"; exit 1; }
	$(Q)! grep -nE '\<($(BANNED)) *\(' /dev/null $(SOURCES) || \
		{ echo "lint: banned functions"; exit 1; }
	$(Q)! grep -nE '"([a-z-]*-)?(key|secret|token|password)", *OPT_TEXT' \
		/dev/null $(PRODUCT) || \
		{ echo "lint: a secret must be OPT_SECRET"; exit 1; }
	$(Q)for f in $(SOURCES); do head -1 $$f | \
		grep -qF '/* SPDX-License-Identifier: MIT */' || \
		{ echo "lint: $$f: no licence in its first line"; exit 1; }; \
	done
	$(Q)cppcheck -q -j2 --enable=warning,performance,portability \
		--error-exitcode=1 --inline-suppr \
		--suppress=normalCheckLevelMaxBranches \
		--suppress='nullPointerOutOfMemory:tests/*' \
		--suppress='nullPointerOutOfResources:tests/*' \
		--suppress='deallocuse:tests/*' -I. -D_GNU_SOURCE \
		-DORIEL_VERSION='""' $(filter %.c,$(SOURCES))

.PHONY: format
format: ## lay out all C files
	$(CLANG_FORMAT) -i $(SOURCES)

.PHONY: check-headers
check-headers: ## each header compiles alone
	@echo "  CHECK headers"
	$(Q)for h in $(filter %.h,$(SOURCES)); do \
		echo "#include \"$$h\"" | $(CC) $(CPPFLAGS) -std=c17 $(WARN) \
			-Werror -fsyntax-only -x c - || \
			{ echo "check-headers: $$h"; exit 1; }; done

# A library is known to the files in its row and to no other.
LIBRARIES := libav libwebsockets libev openssl zlib
libav_HEADERS := libav(format|codec|util)/|libswscale/
libav_OWNERS  := device/avlog.c device/input.c device/input.h device/reader.c \
		 device/decoder.c device/decoder.h device/mjpeg.c \
		 device/scaler_sws.c device/packager.c device/encoder_x264.c
libwebsockets_HEADERS := libwebsockets\.h
libwebsockets_OWNERS  := device/uplink.c cloud/server.c cloud/session.c \
		 cloud/publish.c cloud/transfer.c cloud/wsi.c
libev_HEADERS := ev\.h|libev/
libev_OWNERS  := cloud/server.c cloud/session.c
openssl_HEADERS := openssl/
openssl_OWNERS  := cloud/key.c
zlib_HEADERS := zlib\.h
zlib_OWNERS  := common/names.c cloud/gunzip.c device/gzip.c

.PHONY: check-layers
check-layers: ## device, cloud and common stay apart; one owner for a library
	@echo "  CHECK layers"
	$(Q)! grep -nE '# *include.*[</"](cloud|tests)/' /dev/null \
		$(filter device/% common/%,$(PRODUCT)) || \
		{ echo "check-layers: cloud/ or tests/ included"; exit 1; }
	$(Q)! grep -nE '# *include.*[</"](device|tests)/' /dev/null \
		$(filter cloud/% common/%,$(PRODUCT)) || \
		{ echo "check-layers: device/ or tests/ included"; exit 1; }
	$(Q)$(foreach l,$(LIBRARIES),! grep -nE \
		'# *include *[<"]($($(l)_HEADERS))' /dev/null \
		$(filter-out $($(l)_OWNERS),$(PRODUCT)) || \
		{ echo "check-layers: $(l) belongs to $($(l)_OWNERS)"; \
		exit 1; };)

# --- setting up a fresh Debian -----------------------------------------------

# A node that is there already may be newer than Debian's, which would clash.
NODE_PKGS  = $(if $(shell command -v node),,nodejs) \
	     $(if $(shell command -v npm),,npm)
BUILD_PKGS = gcc libc6-dev pkgconf libavformat-dev libavcodec-dev \
	     libavutil-dev libswscale-dev libwebsockets-dev \
	     libwebsockets-evlib-ev libev-dev libssl-dev zlib1g-dev \
	     ca-certificates $(NODE_PKGS)
TEST_PKGS  = clang clang-format-19 cppcheck check ffmpeg chromium vlc-bin \
	     vlc-plugin-base mpv gstreamer1.0-tools gstreamer1.0-plugins-base \
	     gstreamer1.0-plugins-good gstreamer1.0-plugins-bad \
	     gstreamer1.0-libav procps

KERNEL_PKGS = qemu-system-arm mmdebstrap cpio kmod xz-utils binutils uidmap \
	     ffmpeg

# Installs those of the packages $(1) that are missing; asks nobody.
define install_packages
	@have=" $$(dpkg-query -W -f '$${db:Status-Status}:$${Package} ' $(1) \
		2>/dev/null) "; \
	missing=; for p in $(1); do case "$$have" in \
		*" installed:$$p "*) ;; *) missing="$$missing $$p";; esac; \
	done; \
	if [ -z "$$missing" ] || [ "$(SETUP)" = no ]; then exit 0; fi; \
	echo "Installing Debian packages, which can take minutes:$$missing"; \
	sudo=; if [ "$$(id -u)" != 0 ]; then sudo=sudo; fi; \
	$$sudo apt-get -qq update >/dev/null && \
	$$sudo env DEBIAN_FRONTEND=noninteractive apt-get -qq install \
		--no-install-recommends $$missing >/dev/null && exit 0; \
	echo "make $@: could not install:$$missing" >&2; \
	echo "This needs Debian 12 or 13 (or Raspberry Pi OS), its package" \
		"servers, and root or sudo." >&2; \
	echo "With these installed in another way: make $@ SETUP=no" >&2; \
	exit 1
endef

.PHONY: setup-build setup-test
setup-build: ## install what building needs: Debian and npm packages
	$(call install_packages,$(BUILD_PKGS))
	@$(MAKE) -s web/node_modules/.stamp

setup-test: ## install what `make test` needs, players and all
	$(call install_packages,$(BUILD_PKGS) $(TEST_PKGS))
	@$(MAKE) -s web/node_modules/.stamp \
		tests/node_modules/.stamp

.PHONY: setup-kernel
setup-kernel: ## install what `make test-kernel` needs
	$(call install_packages,$(BUILD_PKGS) $(KERNEL_PKGS))
	@$(MAKE) -s web/node_modules/.stamp tests/node_modules/.stamp

%/node_modules/.stamp: %/package.json %/package-lock.json
	@echo "  NPM   $*"
	$(Q)cd $* && npm ci --ignore-scripts --no-audit --no-fund \
		--loglevel=error >/dev/null || { echo "make: npm could not \
	install what $*/package-lock.json lists; is its registry reachable?" \
		>&2; exit 1; }
	$(Q)touch $@

# --- two commands ------------------------------------------------------------

.PHONY: demo
demo: ## watch a test card on this machine, from a fresh Debian on
demo: setup-build
	$(AGAIN) all
	@docs/demo.sh $(BUILD)

# As many jobs as there are cores, unless the caller has said how many.
JOBS	= $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(shell nproc))
AGAIN	= @$(MAKE) $(if $(V),--no-print-directory,-s) $(JOBS)

.PHONY: test
test: ## everything that must pass, from a fresh Debian on
test: setup-test
	$(AGAIN) lint check-headers check-layers test-web
	$(AGAIN) WERROR=1 all check
	$(AGAIN) CC=clang WERROR=1 all check
	$(AGAIN) SAN=address,undefined all check
	$(AGAIN) e2e
	$(AGAIN) SAN=address,undefined e2e
	$(AGAIN) test-kernel
	@echo "All tests passed."

# --- installing --------------------------------------------------------------

PREFIX	?= /usr/local
BINDIR	?= $(PREFIX)/bin
UNITDIR	?= $(PREFIX)/lib/systemd/system
MANDIR	?= $(PREFIX)/share/man
INSTALL	?= install

.PHONY: install
install: ## copy programs, manual and units to PREFIX (below DESTDIR)
install: all
	$(INSTALL) -d $(DESTDIR)$(BINDIR) $(DESTDIR)$(UNITDIR) \
		$(DESTDIR)$(MANDIR)/man1
	$(INSTALL) -m 755 $(BUILD)/oriel-cam $(BUILD)/oriel-relay \
		$(DESTDIR)$(BINDIR)
	$(INSTALL) -m 644 $(wildcard man/*.1) $(DESTDIR)$(MANDIR)/man1
	for u in oriel-cam oriel-relay; do \
		sed 's|/usr/bin/|$(BINDIR)/|' systemd/$$u.service \
			>$(DESTDIR)$(UNITDIR)/$$u.service && \
		chmod 644 $(DESTDIR)$(UNITDIR)/$$u.service || exit 1; done

.PHONY: help
help: ## print this list
	@sed -n 's/^\([a-z0-9-]*\): ## /\1\t/p' Makefile | sort | \
		awk -F '\t' '{ printf "  make %-14s %s\n", $$1, $$2 }'

.PHONY: clean
clean: ## delete everything that was built
	rm -rf build

-include $(ALL_SRC:%.c=$(BUILD)/%.d) $(FAKE_SRC:%.c=$(BUILD)/pic/%.d) \
	$(BUILD)/tests/fake/client.d
