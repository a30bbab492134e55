$(eval $(call library,log,src/log/log.c))
