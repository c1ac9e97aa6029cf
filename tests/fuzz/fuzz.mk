# What a peer sends to a parser of ours, made up by libFuzzer:
#   make check-fuzz            replays the inputs that are kept, in seconds
#   make fuzz FUZZ_S=600       looks for more, so many seconds for each
#   make fuzz FUZZ=wire        only this one
# A finding is written to build/fuzz/; it belongs into tests/fuzz/corpus/ with
# the mending.

FUZZERS	:= access address checkin dialog endpoint failure gunzip h264 ingest \
	   journal login messages options proxy pushed request route splitter \
	   status token wire
FUZZ	?= $(FUZZERS)
FUZZ_S	?= 60
FUZZ_CC	?= clang

fuzz_access_SRC	:= $(test_access_SRC)
fuzz_access_LIBS := -lz
fuzz_address_SRC := cloud/limit/address.c
fuzz_checkin_SRC := $(test_checkin_SRC)
fuzz_dialog_SRC	:= $(DIALOG) common/log.c tests/unit/fake_handover.c
fuzz_dialog_LIBS := -lz
fuzz_endpoint_SRC := device/uplink/endpoint.c
fuzz_failure_SRC := $(test_websocket_failure_SRC)
fuzz_gunzip_SRC	:= cloud/store/gunzip.c
fuzz_gunzip_LIBS := -lz
fuzz_h264_SRC	:= device/stream/h264.c
fuzz_ingest_SRC	:= $(test_ingest_SRC)
fuzz_ingest_LIBS := -lz
fuzz_journal_SRC := device/stream/journal.c common/names.c common/text.c \
	   $(WINDOW)
fuzz_journal_LIBS := -lz
fuzz_login_SRC	:= $(test_login_SRC)
fuzz_messages_SRC := cloud/store/messages.c
fuzz_options_SRC := $(OPT)
fuzz_proxy_SRC	:= $(test_proxy_SRC)
fuzz_pushed_SRC	:= $(test_pushed_SRC)
fuzz_pushed_LIBS := -lz
fuzz_request_SRC := cloud/http/request.c cloud/store/blocking.c common/wire.c
fuzz_route_SRC	:= $(test_route_SRC)
fuzz_route_LIBS	:= -lz
fuzz_splitter_SRC := $(test_splitter_SRC)
fuzz_status_SRC	:= $(test_status_json_SRC)
fuzz_status_LIBS = $(call pkg,--libs,libwebsockets)
fuzz_token_SRC	:= $(test_key_SRC)
fuzz_token_LIBS	= $(call pkg,--libs,libcrypto)
fuzz_wire_SRC	:= common/wire.c

FUZZ_FLAGS = $(CPPFLAGS) -std=c17 $(WARN) -g -O1 -fno-omit-frame-pointer \
	   -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all

build/fuzz/fuzz_%: tests/fuzz/fuzz_%.c $$(fuzz_$$*_SRC) \
		$(wildcard */*.h */*/*.h)
	@mkdir -p $(@D)
	@echo "  FUZZ  $@"
	$(Q)$(FUZZ_CC) $(FUZZ_FLAGS) -o $@ $(filter %.c,$^) $(fuzz_$*_LIBS)

.PHONY: check-fuzz
check-fuzz: ## replay what fuzzers have found worth keeping
check-fuzz: $(FUZZERS:%=build/fuzz/fuzz_%)
	$(Q)for f in $(FUZZERS); do \
		build/fuzz/fuzz_$$f -runs=0 -close_fd_mask=2 \
			tests/fuzz/corpus/$$f >build/fuzz/$$f.log 2>&1 || \
			{ cat build/fuzz/$$f.log; exit 1; }; \
		echo "  FUZZ  $$f: $$(ls tests/fuzz/corpus/$$f | wc -l) inputs"; \
	done

.PHONY: fuzz
fuzz: ## look for inputs that break a parser (FUZZ_S=60 seconds each)
fuzz: $(FUZZ:%=build/fuzz/run-%)

.PHONY: $(FUZZERS:%=build/fuzz/run-%)
$(FUZZERS:%=build/fuzz/run-%): build/fuzz/run-%: build/fuzz/fuzz_%
	@mkdir -p build/fuzz/corpus/$*
	@echo "  FUZZ  $*, $(FUZZ_S) s"
	$(Q)build/fuzz/fuzz_$* -max_total_time=$(FUZZ_S) -close_fd_mask=2 \
		-print_final_stats=1 -artifact_prefix=build/fuzz/$*- \
		-rss_limit_mb=512 -timeout=5 build/fuzz/corpus/$* \
		tests/fuzz/corpus/$* >build/fuzz/$*.log 2>&1 || \
		{ tail -40 build/fuzz/$*.log; exit 1; }
	@echo "  FUZZ  $*: $$(grep -o 'executed_units: .*' build/fuzz/$*.log)," \
		"nothing found"
