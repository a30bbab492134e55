import { killsIn } from './step-kills.js';

killsIn('reboot');
killsIn('reset');
killsIn('pause');
killsIn('resume');
