$(eval $(call library,prop,$(addprefix src/prop/,area.c area_serial.c contexts.c client.c)))
$(eval $(call test,prop-test,src/prop/prop_test.c))
