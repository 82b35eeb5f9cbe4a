# join.pl ASSETS FOLDER: writes the scripts and the style sheet that pages ask for, whole, into FOLDER.
#
# The sources are many small files, and work as they are: ES modules, and CSS with @import. A browser
# would ask for each by itself; so each script in js/ becomes one file of itself and of the modules in
# js/ that it names, except those that js/site.js names: they are one file with that, and are taken from
# there. In each sheet in css/ an `@import "FILE" layer(LAYER);` becomes the file in its layer. Nothing
# is renamed, and only comments are left out; what this cannot join as it stands ends it with an error.
#
# Debian 12 has a bundler, esbuild 0.17: it makes a file of its own of what each set of pages shares, 14
# for /create, where 15 requests are allowed in all, and it knows no `@import ... layer()`.
use strict;
use warnings;

my ($assets, $folder) = @ARGV;
my (%body, %needs, %written);
my $inside = qr{(?:(?!\*/).)*}s;

sub fail { die "bin/lib/join.pl: @_\n" }

sub contents {
    my ($path) = @_;
    open my $file, '<', "$assets/$path" or fail "$path: $!";
    local $/;
    return scalar <$file>;
}

# Whoever reads the file meanwhile gets the old one or the new one, whole.
sub put {
    my ($path, $text) = @_;
    open my $file, '>', "$folder/$path.new" or fail "$path: $!";
    print $file $text;
    close $file or fail "$path: $!";
    rename "$folder/$path.new", "$folder/$path" or fail "$path: $!";
    $written{"$folder/$path"} = 1;
}

# Without comments: those with `/**`, and lines that begin with `//`. No string of ours has either.
sub without_comments {
    my ($text) = @_;
    return $text =~ s{^[ ]*/\*\*$inside\*/\n|/\*\*$inside\*/ ?|^[ ]*//[^\n]*\n}{}gmsr =~ s{\n{2,}}{\n}gr;
}

# The path in ASSETS that a file there means by $name.
sub resolve {
    my ($from, $name) = @_;
    my $path = ($from =~ s|[^/]*$||r) . $name;
    1 while $path =~ s{(^|/)\./}{$1} || $path =~ s{(^|/)(?!\.\.)[^/]+/\.\./}{$1};
    return $path;
}

# How a joined file, which lies in js/, names a path in ASSETS.
sub named { my ($path) = @_; return $path =~ s{^js/}{./}r =~ s{^(?!\./)}{../}r }

# Reads a module: its body without its imports, and what it needs from where, in their order.
sub read_module {
    my ($path) = @_;
    return if exists $body{$path};
    my $text = contents($path);
    $needs{$path} = [];
    my $note = sub {
        my ($names, $from) = @_;
        $names =~ /^\s*(?:\{([\w\s,]*)\}|\*)?\s*$/ && $names !~ /\bas\b/
            or fail "$path: joins no import of $names";
        push @{$needs{$path}}, [resolve($path, $from), grep { length } split /[\s,]+/, $1 // ''];
        return '';
    };
    $text =~ s{^(?:import|export)\b([^;"'`()=]*?)(?:\bfrom\s*)?"(\.[^"]+)";\n}{$note->($1, $2)}gem;
    $text =~ s{\bimport\("(\.[^"]+)"\)}{'import("' . named(resolve($path, $1)) . '")'}ge;
    $text =~ /^import\b/m and fail "$path: has an import that is not on lines of its own";
    $body{$path} = without_comments($text);
}

# A module and those in js/ that it needs and that are not in $skip, each after what it needs.
sub unit {
    my ($path, $skip, $seen) = @_;
    return () if $seen->{$path}++ || $skip->{$path} || $path !~ m{^js/};
    read_module($path);
    return ((map { unit($_->[0], $skip, $seen) } @{$needs{$path}}), $path);
}

# Writes one file of the modules; what they need of others it imports once.
sub write_unit {
    my ($path, $site, @modules) = @_;
    my (%own, %import, %declared);
    @own{@modules} = ();
    for my $need (map { @{$needs{$_}} } @modules) {
        my ($from, @names) = @$need;
        next if exists $own{$from};
        my $place = $site->{$from} ? 'js/site.js' : $from;
        $import{$place}{$_} = 1 for @names;
        $import{$place} //= {};
    }
    for my $place (sort keys %import) {
        $declared{$_}++ for keys %{$import{$place}};
    }
    for my $module (@modules) {
        my $declaration = qr/^(?:export )?(?:async )?(?:function\*?|const|let|var|class) /m;
        $declared{$_}++ for map { grep { length } split /[\s,]+/ }
            $body{$module} =~ /$declaration(?|[\{\[]([\w\s,]*)[\}\]]|(\w+))/g;
    }
    for (sort keys %declared) {
        fail "$path: two of its modules have a $_ of their own" if $declared{$_} > 1;
    }
    my $imports = join '', map {
        my $names = join ', ', sort keys %{$import{$_}};
        'import ' . ($names ? "{ $names } from " : '') . '"' . named($_) . "\";\n";
    } sort keys %import;
    put($path, $imports . join '', map { @modules > 1 ? "// $_\n$body{$_}" : $body{$_} } @modules);
}

for my $part ('', 'js', 'css') {
    -d "$folder/$part" or mkdir "$folder/$part" or fail "$folder/$part: $!";
}
my @site = -e "$assets/js/site.js" ? unit('js/site.js', {}, {}) : ();
my %site = map { $_ => 1 } @site;
for my $entry (map { s{^\Q$assets/\E}{}r } sort glob "$assets/js/*.js") {
    write_unit($entry, \%site, $site{$entry} ? @site : unit($entry, \%site, {}));
}
for my $sheet (map { s{^\Q$assets/\E}{}r } sort glob "$assets/css/*.css") {
    my $text = contents($sheet);
    my $place = sub {
        my ($name, $layer) = @_;
        my $part = contents(resolve($sheet, $name));
        $part =~ /\@import\b|url\("(?!\.\.\/)/ and fail "$name: has an address that the joined file has not";
        return "\@layer $layer {\n$part}\n";
    };
    $text =~ s{^\@import "([^"]+)" layer\((\w+)\);\n}{$place->($1, $2)}gem;
    $text =~ /\@import\b/ and fail "$sheet: has an \@import without a layer";
    put($sheet, $text =~ s{^[ ]*/\*$inside\*/\n|/\*$inside\*/ ?}{}gmsr =~ s{\n{2,}}{\n}gr);
}
# What an earlier release had and this one has not.
unlink grep { !$written{$_} } glob "$folder/{js,css}/*";
