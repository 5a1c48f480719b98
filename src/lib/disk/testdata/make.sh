#!/bin/sh
# Makes the images of this folder anew: small file systems and disks with what trips readers, as mkfs, LVM and the
# kernel write them. Needs root, loop mounts, e2fsprogs, xfsprogs, lvm2, gdisk and parted. Each image is written with
# the list of what the kernel shows in it (KIND SIZE TARGET or the first 12 digits of its SHA-256, PATH).
# usage: sh make.sh
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
mnt=$work/mnt
mkdir "$mnt"
trap 'umount "$mnt" 2>/dev/null || true; rm -rf "$work"' EXIT

fill() {
  mkdir -p "$1/etc" "$1/var/lib/dpkg" "$1/usr/lib" "$1/many" "$1/deep/a/b/c"
  printf 'ID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n' >"$1/usr/lib/os-release"
  ln -s ../usr/lib/os-release "$1/etc/os-release"
  : >"$1/etc/fstab"
  printf 'Package: bash\nStatus: install ok installed\nArchitecture: amd64\nVersion: 5.2.15-2\n\n' >"$1/var/lib/dpkg/status"
  for size in 0 1 60 61 150 1000 5000; do head -c "$size" /dev/zero | tr '\0' 'x' >"$1/size-$size"; done
  seq "${2:-2500}" | sed 's/$/ ------------------------------------/' >"$1/numbers"
  truncate -s 100000 "$1/sparse" && printf end >>"$1/sparse"
  for n in $(seq "${3:-120}"); do printf '%s' "$n" >"$1/many/file-with-a-longer-name-$n"; done
  printf deep >"$1/deep/a/b/c/file"
  ln -s many/file-with-a-longer-name-1 "$1/short-link"
  ln -s "$(head -c 300 /dev/zero | tr '\0' 'l')" "$1/long-link"
  ln "$1/size-1000" "$1/hard-link"
}

list() {
  (cd "$1" && find . -mindepth 1 | LC_ALL=C sort | while read -r path; do
    if [ -L "$path" ]; then printf 'symlink %s %s\n' "$(readlink "$path")" "${path#.}"
    elif [ -d "$path" ]; then printf 'directory %s\n' "${path#.}"
    else printf 'file %s %s %s\n' "$(stat -c %s "$path")" "$(sha256sum <"$path" | cut -c1-12)" "${path#.}"; fi
  done)
}

keep() { gzip -9n <"$work/$1" >"$here/$1.gz"; }

ext() {
  name=$1 size=$2; shift 2
  truncate -s "$size" "$work/$name"
  mkfs.ext4 -q -F -U 11111111-2222-3333-4444-555555555555 "$@" "$work/$name"
  mount -o loop "$work/$name" "$mnt" && fill "$mnt" && umount "$mnt"
  mount -o loop,ro "$work/$name" "$mnt" && list "$mnt" >"$here/$name.txt" && umount "$mnt"
  keep "$name"
}

xfs() {
  name=$1; shift
  truncate -s 24M "$work/$name"
  mkfs.xfs -q -f --unsupported -m uuid=11111111-2222-3333-4444-555555555555 "$@" "$work/$name" 2>/dev/null
  mount -o loop "$work/$name" "$mnt" && fill "$mnt" 2500 120 && umount "$mnt"
  mount -o loop,ro "$work/$name" "$mnt" && list "$mnt" >"$here/$name.txt" && umount "$mnt"
  keep "$name"
}

ext ext2.img 2M -t ext2 -b 1024 -N 512
ext ext4.img 4M -t ext4 -b 1024 -N 512 -O ^has_journal
ext ext4-inline.img 2M -t ext4 -b 1024 -N 512 -I 512 -O inline_data,^has_journal
ext ext4-clusters.img 8M -t ext4 -b 1024 -N 512 -C 4096 -O bigalloc,^has_journal,meta_bg,^resize_inode
xfs xfs.img
xfs xfs-1k.img -b size=1024 -n size=4096

# A copy of a mounted file system: the journal has what is not in its place yet.
truncate -s 6M "$work/ext4-journal.img"
mkfs.ext4 -q -F -b 1024 -N 512 -J size=1 -O ^metadata_csum "$work/ext4-journal.img"
mount -o loop,data=journal "$work/ext4-journal.img" "$mnt"
fill "$mnt" 500 60 && sync -f "$mnt"
rm "$mnt/many/"*1 && mkdir "$mnt/later" && printf later >"$mnt/later/file"
# This commits to the journal and leaves the places alone, which syncing the file system would not.
sync "$mnt/later/file" "$mnt/later"
cp "$work/ext4-journal.img" "$work/copy" && umount "$mnt" && cp "$work/copy" "$work/ext4-journal.img"
keep ext4-journal.img
mount -o loop "$work/copy" "$mnt" && list "$mnt" >"$here/ext4-journal.img.txt" && umount "$mnt"

# XFS of version 4, which new kernels do not mount: made from a list of files.
mkdir "$work/tree" && fill "$work/tree" 2500 120
{
  printf '/\n0 0\nd--755 0 0\nmany d--755 0 0\n'
  for n in $(seq 120); do printf 'file-with-a-longer-name-%s ---644 0 0 %s\n' "$n" "$work/tree/many/file-with-a-longer-name-$n"; done
  printf '$\nnumbers ---644 0 0 %s\nshort-link l--777 0 0 many/file-with-a-longer-name-1\n' "$work/tree/numbers"
  printf 'etc d--755 0 0\nos-release ---644 0 0 %s\n$\n$\n' "$work/tree/usr/lib/os-release"
} >"$work/list"
truncate -s 24M "$work/xfs-4.img"
mkfs.xfs -q -f --unsupported -m crc=0 -i size=256 -p "$work/list" "$work/xfs-4.img" 2>/dev/null
mkdir "$work/four" "$work/four/etc" && cp -r "$work/tree/many" "$work/tree/numbers" "$work/four/"
cp "$work/tree/usr/lib/os-release" "$work/four/etc/os-release" && ln -s many/file-with-a-longer-name-1 "$work/four/short-link"
list "$work/four" >"$here/xfs-4.img.txt"
keep xfs-4.img

# Disks: GPT with LVM of two pieces, and a boot record with logical partitions.
small() { truncate -s "$2" "$work/$1" && mkfs.ext4 -q -F -b 1024 -N 128 -O ^has_journal -d "$3" "$work/$1"; }
mkdir "$work/root" && fill "$work/root" 500 10
printf '/dev/mapper/vg-root / ext4\n/dev/vg/var /var ext4\n' >"$work/root/etc/fstab"
mkdir "$work/var" && mv "$work/root/var/lib" "$work/var/lib"
small root.img 2M "$work/root"
small var.img 1M "$work/var"
truncate -s 8M "$work/gpt-lvm.img"
sgdisk -o -a 8 -n 1:64:127 -t 1:ef02 -n 2:128:0 -t 2:8e00 "$work/gpt-lvm.img" >/dev/null
device=$(losetup --find --show --offset 65536 --sizelimit $((8 * 1024 * 1024 - 65536 - 20480)) "$work/gpt-lvm.img")
tool() { command=$1; shift; "$command" --driverloaded n "$@" >/dev/null 2>&1; }
tool pvcreate --dataalignment 64k --metadatasize 60k "$device"
tool vgcreate -s 256k vg "$device"
tool lvcreate -an -Zn -Wn -l 4 -n root vg
tool lvcreate -an -Zn -Wn -l 4 -n var vg
tool lvextend -l 8 vg/root
data=$((65536 + $(pvs --driverloaded n --noheadings --units b --nosuffix -o pe_start "$device" 2>/dev/null)))
losetup --detach "$device"
rm -f /run/lvm/hints
part() { dd if="$work/$1" of="$work/$2" bs=64k iflag=skip_bytes,count_bytes oflag=seek_bytes conv=notrunc status=none skip="$3" count="$4" seek="$5"; }
mib=1048576
part root.img gpt-lvm.img 0 $mib "$data"
part var.img gpt-lvm.img 0 $mib $((data + mib))
part root.img gpt-lvm.img $mib $mib $((data + 2 * mib))
keep gpt-lvm.img

printf '/dev/sda5 /var ext4\n/dev/sda6 none swap\n' >"$work/root/etc/fstab"
small root.img 2M "$work/root"
truncate -s 6M "$work/mbr.img"
parted -s -a none "$work/mbr.img" mklabel msdos mkpart primary 64s 4159s mkpart extended 4160s 12287s \
  mkpart logical 4200s 6247s mkpart logical 6300s 8000s
part root.img mbr.img 0 $((2 * mib)) $((64 * 512))
part var.img mbr.img 0 $mib $((4200 * 512))
keep mbr.img
ls -l "$here"
