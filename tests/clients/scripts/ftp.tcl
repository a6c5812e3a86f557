# One job of the ground through the ftp package of Tcllib.
lassign $argv listens tls host port ca job
set paths [lrange $argv 6 end]
lassign $paths remote local
package require ftp
if {$tls ne ""} { puts stderr "it knows no TLS"; exit 1 }
set way [expr {$listens eq "active" ? "active" : "passive"}]
set ftp [ftp::Open $host user1 1234 -port $port -mode $way -timeout 20]
if {$ftp < 0} { exit 1 }

proc well {done what} {
    if {!$done} { puts stderr "$what failed"; exit 1 }
}

# Its lists are as they came; the first letter of a long one tells what it is.
proc tree_get {ftp remote local} {
    file mkdir $local
    foreach line [ftp::List $ftp $remote] {
        if {![regexp {^(.)\S*(?:\s+\S+){7} (.*)$} $line - kind name]} continue
        if {$kind eq "d"} {
            tree_get $ftp $remote/$name $local/$name
        } else {
            well [ftp::Get $ftp $remote/$name $local/$name] $name
        }
    }
}

proc tree_put {ftp local remote} {
    well [ftp::MkDir $ftp $remote] $remote
    foreach path [glob -nocomplain -directory $local * .*] {
        set name [file tail $path]
        if {$name in {. ..}} continue
        if {[file isdirectory $path]} {
            tree_put $ftp $path $remote/$name
        } else {
            well [ftp::Put $ftp $path $remote/$name] $name
        }
    }
}

proc there {ftp path} {
    well [ftp::Cd $ftp [file dirname $path]] cwd
    return [file tail $path]
}

ftp::Type $ftp [expr {$job in {get-text put-text} ? "ascii" : "binary"}]
switch $job {
    names { foreach name [ftp::NList $ftp $remote] { puts $name } }
    get { well [ftp::Get $ftp [there $ftp $remote] $local] get }
    put { well [ftp::Put $ftp $local [there $ftp $remote]] put }
    resume-get { well [ftp::Reget $ftp $remote $local] reget }
    get-text { well [ftp::Get $ftp $remote $local] get }
    put-text { well [ftp::Put $ftp $local $remote] put }
    get-timed {
        well [ftp::Get $ftp $remote $local] get
        file mtime $local [ftp::ModTime $ftp $remote]
    }
    manage {
        lassign $paths old new unwanted made bare
        well [ftp::Rename $ftp $old $new] rename
        well [ftp::Delete $ftp $unwanted] delete
        well [ftp::MkDir $ftp $made] mkdir
        well [ftp::RmDir $ftp $bare] rmdir
    }
    tree-get { tree_get $ftp $remote $local }
    tree-put { tree_put $ftp $local $remote }
    default { puts stderr "it has no call for it"; exit 1 }
}
ftp::Close $ftp
