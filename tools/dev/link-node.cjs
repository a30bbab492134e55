// Makes node_modules/.bin/node the pinned runtime. npm 9 (Debian 12's own) drops the link when two optional packages
// share the bin name, and then every script would run on whatever Node the machine has.
const fs = require('node:fs');
const path = require('node:path');

const bin = path.join(__dirname, '../../node_modules/.bin');
const target = `../node-${process.platform}-${process.arch}/bin/node`;
const link = path.join(bin, 'node');
if (fs.existsSync(path.join(bin, target)) && !fs.existsSync(link)) {
  fs.rmSync(link, { force: true });
  fs.symlinkSync(target, link);
}
