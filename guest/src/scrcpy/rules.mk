# app_process: scrcpy's server.
$(eval $(call program,app_process,$(patsubst %,src/scrcpy/%.c,main server options ln stream picture video audio control reader sender start pointers typable cleanup),\
	-lx264 -lopus -lm))

$(eval $(call test,scrcpy-test,$(patsubst %,src/scrcpy/%.c,scrcpy_test reader pointers typable picture stream ln)))

TESTS += $(OUT)/test/scrcpy
$(OUT)/test/scrcpy: src/scrcpy/test.sh
	@mkdir -p $(@D)
	printf '#!/bin/sh\nexec %s/%s %s "$$@"\n' '$(CURDIR)' $< '$(abspath $(OUT))' > $@
	chmod +x $@
