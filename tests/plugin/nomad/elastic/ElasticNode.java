// A real Elasticsearch node in one process: java -cp 'JARS/*' ElasticNode.java FOLDER PORT
// Its module with text analysis is not published, so that the one tokenizer NOMAD's index asks for is offered here.
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.apache.lucene.analysis.pattern.PatternTokenizer;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.env.Environment;
import org.elasticsearch.index.analysis.AbstractTokenizerFactory;
import org.elasticsearch.index.analysis.TokenizerFactory;
import org.elasticsearch.indices.analysis.AnalysisModule.AnalysisProvider;
import org.elasticsearch.node.Node;
import org.elasticsearch.plugins.AnalysisPlugin;
import org.elasticsearch.plugins.Plugin;
import org.elasticsearch.reindex.ReindexPlugin;
import org.elasticsearch.transport.Netty4Plugin;

public class ElasticNode extends Node {
    public static class Patterns extends Plugin implements AnalysisPlugin {
        @Override
        public Map<String, AnalysisProvider<TokenizerFactory>> getTokenizers() {
            return Map.of("pattern", (index, environment, name, settings) -> new AbstractTokenizerFactory(index, settings, name) {
                @Override
                public org.apache.lucene.analysis.Tokenizer create() {
                    return new PatternTokenizer(Pattern.compile(settings.get("pattern", "\\W+")), settings.getAsInt("group", -1));
                }
            });
        }
    }

    ElasticNode(Settings settings) {
        super(new Environment(settings, null), List.of(Netty4Plugin.class, ReindexPlugin.class, Patterns.class), false);
    }

    public static void main(String[] arguments) throws Exception {
        Settings settings = Settings.builder().put("path.home", arguments[0]).put("http.port", arguments[1]).put("transport.port", "0").put("node.name", "test")
            .put("cluster.name", "ordapt-test").put("discovery.type", "single-node").put("http.type", "netty4").put("transport.type", "netty4")
            .put("network.host", "127.0.0.1").put("cluster.routing.allocation.disk.threshold_enabled", false).build();
        new ElasticNode(settings).start();
        Thread.currentThread().join();
    }
}
