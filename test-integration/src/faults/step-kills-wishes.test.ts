import { killsIn } from './step-kills.js';

killsIn('reboot');
killsIn('reset');
killsIn('limits');
killsIn('egress');
killsIn('pause');
killsIn('resume');
killsIn('ports');
