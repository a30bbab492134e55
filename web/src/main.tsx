import '@ancloud/player';
