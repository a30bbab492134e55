# Screen, apps, input, and the command line clients of them (one program, called by name).
SCREEN := src/screen
SCREEN_SERVER := server requests display input apps bars canvas text pattern pattern_draw clip settings sound dump \
	app_launcher app_paint notes note_lines app_notes app_motion app_latency app_sound app_settings

$(eval $(call library,screen,$(addprefix $(SCREEN)/,screen.c window.c)))
$(eval $(call program,system_server,$(patsubst %,$(SCREEN)/%.c,$(SCREEN_SERVER)),-lfreetype -lm,-I/usr/include/freetype2))
$(eval $(call program,screen-tools,$(patsubst %,$(SCREEN)/%.c,tools tool_input tool_screencap tool_am_wm),-lz))

# Their names. The image gets them as files of their own, which squashfs stores once.
SCREEN_TOOLS := $(addprefix $(OUT)/bin/,input screencap am wm settings dumpsys)
PROGRAMS += $(SCREEN_TOOLS)
$(SCREEN_TOOLS): $(OUT)/bin/screen-tools
	ln -sf $(<F) $@

$(eval $(call test,screen-test,$(patsubst %,$(SCREEN)/%.c,screen_test canvas text notes pattern),-lfreetype -lm,-I/usr/include/freetype2))

# The tests in Python, as a test program like the others.
TESTS += $(OUT)/test/screen
$(OUT)/test/screen: src/screen/test.sh
	@mkdir -p $(@D)
	printf '#!/bin/sh\nexec %s/%s %s "$$@"\n' '$(CURDIR)' $< '$(abspath $(OUT))' > $@
	chmod +x $@
