$(foreach p,getprop setprop control bootanimation surfaceflinger zygote servicemanager,$(eval $(call program,$(p),src/tools/$(p).c)))
