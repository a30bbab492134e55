import { killsIn } from './step-kills.js';

killsIn('reboot');
killsIn('reset');
