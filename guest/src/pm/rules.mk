$(eval $(call program,installd,$(addprefix src/pm/,installd.c packages.c axml.c zip.c),-lz))
$(eval $(call program,pm,$(addprefix src/pm/,pm.c packages.c axml.c zip.c),-lz))
$(eval $(call test,pm-test,$(addprefix src/pm/,pm_test.c packages.c axml.c zip.c),-lz))
