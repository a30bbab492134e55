INIT_PARTS := $(addprefix src/init/,action.c bootargs.c builtins.c child.c expand.c klog.c mounts.c persist.c power.c propservice.c \
	rc.c service.c service_define.c store.c sysctls.c)
$(eval $(call program,init,src/init/main.c $(INIT_PARTS)))
$(eval $(call test,init-test,src/init/init_test.c $(INIT_PARTS)))
